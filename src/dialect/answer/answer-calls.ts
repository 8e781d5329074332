import {
  AnswerClientCallDocument,
  type AnswerMessageFragment,
  type AnswerRunFragment,
  FindCallsDocument,
} from '../../gql/graphql.ts';
import type { ParameterNames } from '../errors/graphql-error.ts';
import type { EndedCall } from '../input/answer-parts.ts';
import { readCallId, writeCallId } from '../route/call-ids.ts';
import { executeDocument } from '../route/execute.ts';
import type { ApiContext, ApiServices } from '../route/route.ts';
import { type IsAsked, isOfClient, legBehind } from './awaited-calls.ts';
import { Leg } from './leg.ts';

/** A run in which the client has run tools. */
export interface AskedRun {
  run: AnswerRunFragment;
  message: AnswerMessageFragment;
  /** The step that the calls belong to. */
  step: number;
}

/** A part of a run that its client gets. */
export interface LegOfRun {
  run: AnswerRunFragment;
  leg: Leg;
  /** The step that it follows; 0: it begins with the run. */
  after: number;
}

/**
 * The run and the step of a call, by the id that the client has of it.
 *
 * @param isAsked Which calls the dialect hands to its client.
 * @returns Undefined if the call is not one of them, or the client may not see it.
 */
export async function findAskedRun(
  c: ApiContext,
  services: ApiServices,
  id: string,
  isAsked: IsAsked = isOfClient,
): Promise<AskedRun | undefined> {
  const named = readCallId(id);
  if (!named) return undefined;
  const { run } = await executeDocument(c, services, FindCallsDocument, { runId: named.runId });
  const message = run?.assistantMessage;
  const call = message?.toolCalls.find(({ callId }) => callId === named.callId);
  return run && message && call && isAsked(call) ? { run, message, step: call.step } : undefined;
}

/** The ids that the client has of its calls, up to a step; in their order. */
export function idsOfClient({ run, message, step }: AskedRun): string[] {
  return message.toolCalls
    .filter((call) => call.step <= step && isOfClient(call))
    .map(({ callId }) => writeCallId(run.databaseId, callId));
}

/** The ids of the calls of the step alone. */
export function idsOfStep({ run, message, step }: AskedRun, isAsked: IsAsked = isOfClient): string[] {
  return message.toolCalls
    .filter((call) => call.step === step && isAsked(call))
    .map(({ callId }) => writeCallId(run.databaseId, callId));
}

/**
 * Gives the model the results of the client. The run goes on when it has all of them. The same results may come again.
 *
 * @param results Of all calls of the step.
 * @returns The leg that follows.
 * @throws ApiError 409 if a call was answered already in another way, or does not wait any more; 413.
 */
export async function answerCalls(
  c: ApiContext,
  services: ApiServices,
  { run, message, step }: AskedRun,
  results: readonly Pick<EndedCall, 'id' | 'result' | 'param'>[],
): Promise<LegOfRun> {
  for (const { id, result, param } of results) {
    const { callId = '' } = readCallId(id) ?? {};
    const names: ParameterNames = { result: param };
    await executeDocument(c, services, AnswerClientCallDocument, { runId: run.id, callId, result }, names);
  }
  const place = legBehind(message, step);
  return { run, leg: new Leg({ ...(place && { place }), message }), after: step };
}
