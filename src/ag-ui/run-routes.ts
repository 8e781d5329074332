import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { isOfClientOrPerson } from '../dialect/answer/awaited-calls.ts';
import { Leg } from '../dialect/answer/leg.ts';
import { streamAnswer } from '../dialect/answer/stream-answer.ts';
import { readBody } from '../dialect/input/read-body.ts';
import type { ApiContext, ApiServices, Route } from '../dialect/route/route.ts';
import { answerAsked } from '../dialect/thread/answer-asked.ts';
import { sendToThread } from '../dialect/thread/send-to-thread.ts';
import { findThread, type ThreadName } from '../dialect/thread/thread.ts';
import { EventWriter } from './event-writer.ts';
import { readMessages, readReplies } from './read-messages.ts';
import { type RunInput, readRunInput } from './run-input.ts';

export const agUiRoutes: readonly Route[] = [
  {
    method: 'post',
    path: '/ag-ui',
    operationId: 'ag_ui_run',
    async handle(c, services) {
      const asked = readRunInput(await readBody(c, services));
      const { input } = asked;
      const { threadId, runId } = input;
      const replies = readReplies(input);
      const name: ThreadName = { featureName: 'ag-ui', name: threadId, param: 'threadId' };
      if (replies.length > 0) {
        const thread = await findThread(c, services, name);
        const { run, leg, after, asked } = await answerAsked(c, services, replies, thread?.id ?? '');
        const options = { threadId, runId, answerId: asked.message.id, after };
        await stream(c, services, run.id, leg, new EventWriter(run, options));
        return RESPONSE_ALREADY_SENT;
      }
      const run = await ask(c, services, name, asked);
      const leg = new Leg({ isAsked: isOfClientOrPerson });
      await stream(c, services, run.id, leg, new EventWriter(run, { threadId, runId, after: 0 }));
      return RESPONSE_ALREADY_SENT;
    },
  },
];

function ask(
  c: ApiContext,
  services: ApiServices,
  name: ThreadName,
  { input, tools }: ReturnType<typeof readRunInput>,
) {
  const { threadId, runId, messages } = input;
  return sendToThread(c, services, {
    name,
    messages: readMessages(messages),
    answerIds: messages.filter(({ role }) => role !== 'user').map(({ id }) => id),
    system: [contextOf(input)],
    model: null,
    settings: {},
    tools,
    key: JSON.stringify([threadId, runId]),
  });
}

/** What the application tells the model besides the conversation. */
function contextOf({ context }: RunInput): string {
  return (context ?? []).map(({ description, value }) => `${description}:\n${value}`).join('\n\n');
}

/** The protocol has no way to come back to a run, so that of a client that leaves is cancelled. */
async function stream(c: ApiContext, services: ApiServices, runId: string, leg: Leg, writer: EventWriter) {
  await streamAnswer(c, services, { runId, leg, cancelsWhenLeft: true }, writer);
}
