import type { ExecutionResult } from 'graphql';
import { endSignal } from '../../base/end-signal.ts';
import { feedOf } from '../../base/feed.ts';
import {
  type AnswerEventFragment,
  CancelAnswerDocument,
  FollowAnswerDocument,
  type FollowAnswerSubscription,
} from '../../gql/graphql.ts';
import { ApiError } from '../errors/api-error.ts';
import { apiError } from '../errors/graphql-error.ts';
import type { ApiContext, ApiServices } from '../route/route.ts';

/** Takes the run events of an answer. */
interface Receiver {
  /** Returns a promise where the client must read before the next one. */
  take(event: AnswerEventFragment): Promise<void> | void;
}

export interface FollowOptions {
  /** The Relay id of the run. */
  runId: string;
  /** Whether the run is cancelled when the client leaves, because nobody else is to get the answer. */
  cancelsWhenLeft: boolean;
  /** A delta with this seq is not merged with the one behind it. */
  splitAt?: number | undefined;
  /** Called when the run can be followed, before its first run event. */
  begin?: () => Receiver;
}

export type LastEvent = Extract<
  AnswerEventFragment,
  { __typename: 'RunCompleted' | 'RunCancelled' | 'RunFailed' }
>;

export function isLast(event: AnswerEventFragment): event is LastEvent {
  const { __typename: type } = event;
  return type === 'RunCompleted' || type === 'RunCancelled' || type === 'RunFailed';
}

/**
 * Follows a run until it has ended or the client has left.
 *
 * @returns The last run event; undefined if the client has left.
 * @throws ApiError if the run cannot be followed, or any longer: the token has expired, for example.
 */
export async function followAnswer(
  c: ApiContext,
  services: ApiServices,
  { runId, cancelsWhenLeft, splitAt, begin }: FollowOptions,
): Promise<LastEvent | undefined> {
  const { outgoing } = c.env;
  const leaving = new AbortController();
  const leave = () => endSignal(leaving);
  outgoing.once('close', leave);
  if (outgoing.destroyed) leave();
  let last: LastEvent | undefined;
  try {
    const { signal } = leaving;
    const variables = { runId, splitAt };
    const results = await services.executor.subscribe(FollowAnswerDocument, variables, c.req.raw, signal);
    if (!(Symbol.asyncIterator in results)) {
      services.note(c.req.raw, results);
      throw apiError(results.errors ?? []);
    }
    last = await takeAll(results, begin?.(), signal);
    if (last === undefined && !signal.aborted) throw brokenOff();
    return last;
  } finally {
    outgoing.off('close', leave);
    if (leaving.signal.aborted && last === undefined && cancelsWhenLeft)
      await cancelAnswer(c, services, runId);
    leave();
  }
}

async function takeAll(
  results: AsyncIterable<ExecutionResult<FollowAnswerSubscription>>,
  receiver: Receiver | undefined,
  signal: AbortSignal,
): Promise<LastEvent | undefined> {
  const feed = feedOf(results);
  try {
    while (!signal.aborted) {
      const next = feed.take();
      if (!next) {
        await feed.wait();
        continue;
      }
      if (next.done) return undefined;
      const { data, errors } = next.value;
      if (errors || !data) throw apiError(errors ?? []);
      const taken = receiver?.take(data.runEvent);
      if (taken) await taken;
      if (isLast(data.runEvent)) return data.runEvent;
    }
    return undefined;
  } finally {
    await feed.return();
  }
}

/** Nobody waits for the answer any more, so a failure is only logged. The gateway may be closing, too. */
async function cancelAnswer(c: ApiContext, services: ApiServices, runId: string): Promise<void> {
  try {
    await services.executor.execute(CancelAnswerDocument, { runId }, c.req.raw);
  } catch (err) {
    services.log.warn({ err }, 'the run of a client that has left could not be cancelled');
  }
}

function brokenOff(): ApiError {
  return new ApiError(500, 'The stream broke off before the answer was finished.', {
    code: 'stream_interrupted',
  });
}
