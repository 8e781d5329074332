import type { AnswerUsageFragment } from '../../gql/graphql.ts';

const counts = [
  'inputTokens',
  'outputTokens',
  'reasoningTokens',
  'cachedInputTokens',
  'totalTokens',
] as const;

/** The tokens of several requests to the model. Provider and model are those of the last one. */
export function sumOfUsage(sum: AnswerUsageFragment | null, step: AnswerUsageFragment): AnswerUsageFragment {
  const total = { ...step };
  for (const name of sum ? counts : []) total[name] += sum?.[name] ?? 0;
  return total;
}
