import type { AnswerEventFragment } from '../../gql/graphql.ts';

export type LastEvent = Extract<
  AnswerEventFragment,
  { __typename: 'RunCompleted' | 'RunCancelled' | 'RunFailed' }
>;

/** Whether a run ends with this run event. */
export function isLast(event: AnswerEventFragment): event is LastEvent {
  const { __typename: type } = event;
  return type === 'RunCompleted' || type === 'RunCancelled' || type === 'RunFailed';
}
