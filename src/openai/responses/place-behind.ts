import { isOfClient } from '../../dialect/answer/awaited-calls.ts';
import type { Place } from '../../dialect/answer/start-answer.ts';
import { ApiError } from '../../dialect/errors/api-error.ts';
import { writeCallId } from '../../dialect/route/call-ids.ts';
import type { ApiContext, ApiServices } from '../../dialect/route/route.ts';
import { notFound } from '../route/ids.ts';
import { findResponse } from './find-response.ts';

const param = 'previous_response_id';

/** Where a prompt behind a response belongs. @throws ApiError 400 for one that is unknown, or that waits for tools of the client. */
export async function placeBehind(c: ApiContext, services: ApiServices, id: string): Promise<Place> {
  const { run, step } = await findResponse(c, services, id, param);
  if (!run.assistantMessage) throw notFound('response', id, param);
  const open = run.assistantMessage.toolCalls.find((call) => call.step > step && isOfClient(call));
  if (open) throw noOutput(writeCallId(run.databaseId, open.callId));
  return { session: run.session, replyTo: run.assistantMessage.id };
}

/** As OpenAI says it. */
export function noOutput(callId: string): ApiError {
  const message = `No tool output found for function call ${callId}.`;
  return new ApiError(400, message, { code: 'invalid_value', param: 'input' });
}
