import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { isOfClientOrPerson } from '../dialect/answer/awaited-calls.ts';
import { Leg } from '../dialect/answer/leg.ts';
import { streamAnswer } from '../dialect/answer/stream-answer.ts';
import { badParameter } from '../dialect/errors/api-error.ts';
import { readBody } from '../dialect/input/read-body.ts';
import { executeDocument } from '../dialect/route/execute.ts';
import { readMessageId } from '../dialect/route/message-ids.ts';
import type { ApiContext, ApiServices, Route } from '../dialect/route/route.ts';
import { answerAsked } from '../dialect/thread/answer-asked.ts';
import { findThread } from '../dialect/thread/thread.ts';
import { CancelAnswerDocument, FindActiveRunDocument, FindRunOfAnswerDocument } from '../gql/graphql.ts';
import { ask, featureName } from './ask.ts';
import { readChatRequest } from './chat-request.ts';
import { PartWriter } from './part-writer.ts';
import { readReplies } from './read-messages.ts';

const path = '/ai-sdk/chat';
/** How the client knows the protocol. */
const protocol = ['x-vercel-ai-ui-message-stream', 'v1'] as const;

export const aiSdkRoutes: readonly Route[] = [
  {
    method: 'post',
    path,
    operationId: 'ai_sdk_chat',
    async handle(c, services) {
      const asked = readChatRequest(await readBody(c, services));
      const { trigger, messages, messageId } = asked.request;
      const at = messages.findLastIndex(({ id, role }) => role === 'assistant' && id === messageId);
      const index = at === -1 ? messages.length - 1 : at;
      const message = messages[index];
      const isReply = trigger !== 'regenerate-message' && message?.role === 'assistant';
      c.header(...protocol);
      if (!isReply) {
        const run = await ask(c, services, asked);
        const leg = new Leg({ isAsked: isOfClientOrPerson });
        return stream(c, services, { runId: run.id, leg, writer: new PartWriter(run) });
      }
      const param = `messages[${index}]`;
      const replies = readReplies(message, param);
      if (replies.length === 0) throw badParameter(param, 'expected a message of the user at the end.');
      const thread = await findThread(c, services, { featureName, name: asked.request.id, param: 'id' });
      const next = await answerAsked(c, services, replies, thread?.id ?? '');
      const writer = new PartWriter(next.run, next.asked.message.id);
      return stream(c, services, { runId: next.run.id, leg: next.leg, writer });
    },
  },
  {
    method: 'get',
    path: `${path}/:id/stream`,
    operationId: 'ai_sdk_resume_chat',
    async handle(c, services) {
      const run = await runToFollow(c, services);
      // What the client takes for: there is nothing to resume.
      if (!run) return c.body(null, 204);
      c.header(...protocol);
      const { assistantMessage: message } = run;
      const leg = new Leg({ message, isAsked: isOfClientOrPerson });
      return stream(c, services, { runId: run.id, leg, writer: new PartWriter(run, message?.id) });
    },
  },
  {
    method: 'delete',
    path: `${path}/:id/stream`,
    operationId: 'ai_sdk_stop_chat',
    async handle(c, services) {
      const run = await runToFollow(c, services);
      if (!run) return c.json({ cancelled: false });
      const { cancelRun } = await executeDocument(c, services, CancelAnswerDocument, { runId: run.id });
      return c.json({ cancelled: cancelRun.cancelled });
    },
  },
];

/** The run that is answering in the conversation of the path, or the one of an answer that the client names. */
async function runToFollow(c: ApiContext, services: ApiServices) {
  const name = c.req.param('id') ?? '';
  const thread = await findThread(c, services, { featureName, name, param: 'id' });
  const answer = c.req.query('messageId');
  if (!thread) return undefined;
  if (answer === undefined) {
    const { session } = await executeDocument(c, services, FindActiveRunDocument, { id: thread.id });
    return session?.activeRun ?? undefined;
  }
  const id = readMessageId(answer);
  if (id === undefined) throw badParameter('messageId', 'expected the id of an answer: msg_12.');
  const { node } = await executeDocument(c, services, FindRunOfAnswerDocument, { id });
  const isHere = node && 'session' in node && node.role === 'ASSISTANT' && node.session.id === thread.id;
  if (!isHere) throw badParameter('messageId', 'this conversation has no such answer.');
  return node.run ?? undefined;
}

async function stream(
  c: ApiContext,
  services: ApiServices,
  { runId, leg, writer }: { runId: string; leg: Leg; writer: PartWriter },
): Promise<Response> {
  // The client comes back for the rest: it cannot be told from one that has left.
  await streamAnswer(c, services, { runId, leg, cancelsWhenLeft: false }, writer);
  return RESPONSE_ALREADY_SENT;
}
