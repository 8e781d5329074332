import {
  AnswerClientCallDocument,
  ApproveCallOfThreadDocument,
  DenyCallOfThreadDocument,
  FailClientCallDocument,
} from '../../gql/graphql.ts';
import { type AskedRun, findAskedRun, idsOfStep, type LegOfRun } from '../answer/answer-calls.ts';
import { isOfClientOrPerson, legBehind } from '../answer/awaited-calls.ts';
import { Leg } from '../answer/leg.ts';
import { ApiError, badParameter } from '../errors/api-error.ts';
import { readCallId } from '../route/call-ids.ts';
import { executeDocument } from '../route/execute.ts';
import type { ApiContext, ApiServices } from '../route/route.ts';

/** What a client says about a call that it was asked about. */
export type Reply = { id: string; param: string } & (
  | { result: unknown }
  | { error: string }
  | { approved: boolean; reason?: string | null | undefined }
);

/**
 * Gives a run what it has asked its client for, and returns the leg that follows. The same replies may come again.
 *
 * @param replies Also those of earlier steps, which the client still shows. The last one says which run it is.
 * @param sessionId The Relay id of the session that the client means.
 * @throws ApiError 400 for a call that the session does not have, and if the reply to one is missing; 409 if it was
 *   answered in another way, or does not wait any more.
 */
export async function answerAsked(
  c: ApiContext,
  services: ApiServices,
  replies: readonly Reply[],
  sessionId: string,
): Promise<LegOfRun & { asked: AskedRun }> {
  const last = replies.at(-1);
  const asked = await findAskedRun(c, services, last?.id ?? '', isOfClientOrPerson);
  if (!asked || asked.run.session.id !== sessionId) {
    throw badParameter(last?.param ?? 'messages', 'this conversation has no call with this id.');
  }
  const replyTo = new Map(replies.map((reply) => [reply.id, reply]));
  const ids = idsOfStep(asked, isOfClientOrPerson);
  for (const id of ids) {
    if (!replyTo.has(id)) throw noReply(id, last?.param ?? 'messages');
  }
  for (const id of ids) {
    const reply = replyTo.get(id);
    if (reply) await send(c, services, asked.run.id, reply);
  }
  const { run, message, step } = asked;
  const place = legBehind(message, step, isOfClientOrPerson);
  const leg = new Leg({ ...(place && { place }), message, isAsked: isOfClientOrPerson });
  return { run, leg, after: step, asked };
}

function noReply(id: string, param: string): ApiError {
  const message = `Invalid '${param}': the reply to the tool call '${id}' is missing.`;
  return new ApiError(400, message, { code: 'invalid_value', param });
}

async function send(c: ApiContext, services: ApiServices, runId: string, reply: Reply): Promise<void> {
  const callId = readCallId(reply.id)?.callId ?? '';
  const names = { result: reply.param, error: reply.param, reason: reply.param };
  if ('approved' in reply) {
    const { approved, reason } = reply;
    if (approved) await executeDocument(c, services, ApproveCallOfThreadDocument, { runId, callId }, names);
    else await executeDocument(c, services, DenyCallOfThreadDocument, { runId, callId, reason }, names);
  } else if ('error' in reply) {
    await executeDocument(c, services, FailClientCallDocument, { runId, callId, error: reply.error }, names);
  } else {
    const { result } = reply;
    await executeDocument(c, services, AnswerClientCallDocument, { runId, callId, result }, names);
  }
}
