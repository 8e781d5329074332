import {
  type AskedRun,
  answerCalls,
  findAskedRun,
  idsOfStep,
  type LegOfRun,
} from '../../dialect/answer/answer-calls.ts';
import { lastCallsOf } from '../../dialect/answer/awaited-calls.ts';
import { badParameter, unsupported } from '../../dialect/errors/api-error.ts';
import type { ToolMessage } from '../../dialect/input/conversation.ts';
import type { ApiContext, ApiServices } from '../../dialect/route/route.ts';
import { findConversation } from '../route/find-conversation.ts';
import { findResponse } from './find-response.ts';
import { noOutput } from './place-behind.ts';
import type { ResponseRequest } from './response-request.ts';

/**
 * Gives the results of tools to the run of the previous response, or of the conversation.
 *
 * @throws ApiError 400 for calls that it does not have, and if the result of one is missing; 409 if it does not wait for
 *   these results any more.
 */
export async function answerResults(
  c: ApiContext,
  services: ApiServices,
  request: ResponseRequest,
  results: readonly ToolMessage[],
): Promise<LegOfRun> {
  if (request.tool_choice === 'none') {
    throw unsupported('tool_choice', 'The answer goes on with the tools that it began with.');
  }
  const asked = await findAskedRun(c, services, results[0]?.callId ?? '');
  const isNamed = asked && (await isWithin(c, services, request, asked));
  const known = new Set(isNamed ? idsOfStep(asked) : []);
  for (const { callId, idParam } of results) {
    if (!known.delete(callId)) throw badParameter(idParam, 'no call with this id waits for its result here.');
  }
  const [missing] = known;
  if (missing !== undefined) throw noOutput(missing);
  const ended = results.map(({ callId: id, text: result, param }) => ({ id, result, param }));
  return answerCalls(c, services, asked as AskedRun, ended);
}

/** Whether the run is the one that the request continues, at its place. */
async function isWithin(
  c: ApiContext,
  services: ApiServices,
  { previous_response_id: previous, conversation }: ResponseRequest,
  { run, step }: AskedRun,
): Promise<boolean> {
  if (previous != null) {
    const found = await findResponse(c, services, previous, 'previous_response_id');
    const [next] = lastCallsOf(found.leg, found.run.assistantMessage?.toolCalls ?? []);
    return found.run.databaseId === run.databaseId && next?.step === step;
  }
  const id = typeof conversation === 'string' ? conversation : conversation?.id;
  return (await findConversation(c, services, id ?? '', 'conversation')).id === run.session.id;
}
