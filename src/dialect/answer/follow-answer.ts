import type { ExecutionResult } from 'graphql';
import { endSignal } from '../../base/end-signal.ts';
import { feedOf } from '../../base/feed.ts';
import {
  type AnswerEventFragment,
  CancelAnswerDocument,
  FindCallsDocument,
  FollowAnswerDocument,
  type FollowAnswerSubscription,
} from '../../gql/graphql.ts';
import { ApiError } from '../errors/api-error.ts';
import { apiError } from '../errors/graphql-error.ts';
import { executeDocument, executeQuietly } from '../route/execute.ts';
import type { ApiContext, ApiServices } from '../route/route.ts';
import type { AwaitedCalls } from './awaited-calls.ts';
import { isLast, type LastEvent } from './last-event.ts';
import { Leg } from './leg.ts';

/** Takes the run events of an answer. */
interface Receiver {
  /**
   * Returns a promise where the client must read before the next one.
   *
   * @param event Undefined if the client is not told it.
   * @param awaited Set if the client gets calls now, and nothing more.
   */
  take(event: AnswerEventFragment | undefined, awaited: AwaitedCalls | undefined): Promise<void> | void;
}

export interface FollowOptions {
  /** The Relay id of the run. */
  runId: string;
  /**
   * Whether the run is cancelled when the client leaves, because nobody else is to get the answer. Such a client is not kept
   * waiting until a budget begins anew either: it gets an error, and the run is cancelled.
   */
  cancelsWhenLeft: boolean;
  /** The part of the answer that the client gets. Default: the first one. */
  leg?: Leg | undefined;
  /** A delta with this seq is not merged with the one behind it. */
  splitAt?: number | undefined;
  /** Called when the run can be followed, before its first run event. */
  begin?: () => Receiver;
}

type RunPaused = Extract<AnswerEventFragment, { __typename: 'RunPaused' }>;

/** How an answer ends for its client: with the run, or with calls for the client. */
export type AnswerEnd = LastEvent | AwaitedCalls;

/**
 * Follows a run until it has ended, until it waits for tools of the client, or until the client has left.
 *
 * @returns Undefined if the client has left.
 * @throws ApiError if the run cannot be followed, or any longer: the token has expired, for example, or a budget is used up.
 */
export async function followAnswer(
  c: ApiContext,
  services: ApiServices,
  { runId, cancelsWhenLeft, leg = new Leg(), splitAt, begin }: FollowOptions,
): Promise<AnswerEnd | undefined> {
  const { outgoing } = c.env;
  const leaving = new AbortController();
  const leave = () => endSignal(leaving);
  outgoing.once('close', leave);
  if (outgoing.destroyed) leave();
  let end: AnswerEnd | undefined;
  let isPaused = false;
  const pause = (paused: RunPaused) => {
    if (!cancelsWhenLeft) return;
    isPaused = true;
    throw budgetUsedUp(paused);
  };
  try {
    const { signal } = leaving;
    const variables = { runId, splitAt };
    const results = await services.executor.subscribe(FollowAnswerDocument, variables, c.req.raw, signal);
    if (!(Symbol.asyncIterator in results)) {
      services.note(c.req.raw, results);
      throw apiError(results.errors ?? []);
    }
    const endOf = (event: AnswerEventFragment) => endAt(c, services, { runId, leg, event });
    end = await takeAll(results, { leg, receiver: begin?.(), signal, endOf, pause });
    if (end === undefined && !signal.aborted) throw brokenOff();
    return end;
  } finally {
    outgoing.off('close', leave);
    if ((leaving.signal.aborted || isPaused) && end === undefined && cancelsWhenLeft) {
      const failure = 'a run whose client gets no answer could not be cancelled';
      await executeQuietly(c, services, CancelAnswerDocument, { runId }, failure);
    }
    leave();
  }
}

interface TakeOptions {
  leg: Leg;
  receiver: Receiver | undefined;
  signal: AbortSignal;
  endOf(event: AnswerEventFragment): Promise<AwaitedCalls | undefined>;
  /** Called when a budget is used up. It may throw. */
  pause(event: RunPaused): void;
}

async function takeAll(
  results: AsyncIterable<ExecutionResult<FollowAnswerSubscription>>,
  { leg, receiver, signal, endOf, pause }: TakeOptions,
): Promise<AnswerEnd | undefined> {
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
      if (data.runEvent.__typename === 'RunPaused') pause(data.runEvent);
      const event = leg.show(data.runEvent);
      const awaited = leg.hasAsked || isLast(data.runEvent) ? await endOf(data.runEvent) : undefined;
      const taken = event || awaited ? receiver?.take(event, awaited) : undefined;
      if (taken) await taken;
      if (awaited) return awaited;
      if (event && isLast(event)) return event;
    }
    return undefined;
  } finally {
    await feed.return();
  }
}

/** The calls with which the leg ends at a run event. All calls of a step are stored before the first one is told. */
async function endAt(
  c: ApiContext,
  services: ApiServices,
  { runId, leg, event }: { runId: string; leg: Leg; event: AnswerEventFragment },
): Promise<AwaitedCalls | undefined> {
  if (isLast(event)) return leg.endBefore(event);
  if (leg.isLearned && !leg.isWhole) return undefined;
  const { run } = await executeDocument(c, services, FindCallsDocument, { runId });
  const message = run?.assistantMessage;
  // The history may have been cleared.
  if (!message) return undefined;
  leg.learn(message);
  return leg.isWhole ? leg.endWith(event, message) : undefined;
}

function budgetUsedUp({ limit, until }: RunPaused): ApiError {
  const message = `The budget ${limit} is used up until ${until}, unless an admin raises it.`;
  // OpenAI's packages repeat a request that got 429, which would store its prompt once more.
  return new ApiError(429, message, { code: 'insufficient_quota', headers: { 'x-should-retry': 'false' } });
}

function brokenOff(): ApiError {
  return new ApiError(500, 'The stream broke off before the answer was finished.', {
    code: 'stream_interrupted',
  });
}
