import type { SeenRunEvent } from './chat.ts';
import type { GatewayApi, GraphQLAnswer } from './gateway-api.ts';
import type { Call } from './tool-approval.ts';

const fields = 'callId status result errorCode answeredBy byClient';
const answer = `mutation ($runId: ID!, $callId: ID!, $result: JSON, $error: String) {
  toolCall: answerToolCall(runId: $runId, callId: $callId, result: $result, error: $error) { ${fields} }
}`;

/** A tool of a frontend, for prompts. */
export const locate = {
  name: 'get_location',
  description: 'Returns where the user is.',
  inputSchema: {
    type: 'object',
    properties: { precision: { type: 'string', enum: ['city', 'street'] } },
    required: ['precision'],
    additionalProperties: false,
  },
};

/** What a client says about a call. */
export type Said = { result?: unknown; error?: string };

export function answerCall(
  gateway: Pick<GatewayApi, 'graphql'>,
  { runId, callId }: Call,
  said: Said,
): Promise<GraphQLAnswer> {
  return gateway.graphql(answer, { runId, callId, ...said });
}

/** The result of an answer: the status and result of the call, or the error. */
export function receiptOf({ data, errors }: GraphQLAnswer): string {
  const [error] = errors ?? [];
  if (error) return `${error.extensions['code']}: ${error.message}`;
  return `${data.toolCall.status}: ${data.toolCall.result}`;
}

/** Reads to the end and calls `answer` for each call that waits for a client. Returns all run events. */
export async function collectAnswering(
  seen: AsyncIterable<SeenRunEvent>,
  answer: (asked: SeenRunEvent) => unknown,
): Promise<SeenRunEvent[]> {
  const all: SeenRunEvent[] = [];
  for await (const event of seen) {
    all.push(event);
    if (event.__typename === 'ClientToolRequested') await answer(event);
  }
  return all;
}
