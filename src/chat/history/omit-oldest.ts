import { countTokens } from '../usage/estimate-tokens.ts';
import type { Turn } from './answer-step.ts';
import type { History } from './history.ts';

/**
 * Leaves the older half of the earlier turns out of the history, with their tool calls and results.
 *
 * @returns Whether there was an earlier turn to leave out.
 */
export async function omitOldest(history: History): Promise<boolean> {
  const omitted = history.turns.splice(0, Math.ceil((history.turns.length - 1) / 2));
  for (const turn of omitted) history.tokens -= await turnTokens(turn);
  history.omittedMessages += 2 * omitted.length;
  return omitted.length > 0;
}

async function turnTokens({ prompt, steps }: Turn): Promise<number> {
  const texts = steps
    .flatMap(({ parts }) => parts)
    .map((part) =>
      part.type === 'call' ? part.name + JSON.stringify(part.args) + (part.result?.result ?? '') : part.text,
    );
  return countTokens([prompt, ...texts].join('\n'));
}
