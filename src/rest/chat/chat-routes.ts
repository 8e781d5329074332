import { z } from '@hono/zod-openapi';
import { encodeId } from '../../base/global-id.ts';
import { ChatDocument, FollowRunDocument } from '../../gql/graphql.ts';
import type { RawInput } from '../errors/validation-error.ts';
import { SessionPath } from '../input/path-id.ts';
import { readInput } from '../input/read-input.ts';
import { describeRoute } from '../route/describe-route.ts';
import { upperCase } from '../route/enum-case.ts';
import { settingsInput } from '../route/model-settings.ts';
import type { RestContext, RestServices, Route } from '../route/route.ts';
import { ChatRequest } from './chat-request.ts';
import { sendEmptyStream, streamRun } from './chat-stream.ts';
import { type Cursor, cursorOf, ResumeHeaders, ResumeQuery } from './last-event-id.ts';
import { findRunToFollow, findRunToResume } from './run-to-follow.ts';

const streamResponses = {
  200: {
    description:
      'A stream of server-sent events, called frames. Each frame has an `id` of the form `<run>:<seq>`, and its `data` is one line of JSON: a ChatFrame. Comment lines between the frames keep the connection alive.',
    headers: {
      'X-Accel-Buffering': {
        description: 'Always `no`: it tells a proxy such as nginx to pass on each frame at once.',
        schema: { type: 'string' as const },
      },
    },
    content: {
      'text/event-stream': {
        schema: {
          type: 'string' as const,
          description: 'Frames: an `id:` line, a `data:` line and an empty line.',
        },
        example: 'id: 7:3\ndata: {"type":"content","content":"Lisbon"}\n\n',
      },
    },
  },
};

const sendInput = { path: SessionPath, header: ResumeHeaders, query: ResumeQuery, body: ChatRequest };
// Generated clients would have several parameters of the same name.
const { query: _, ...describedSendInput } = sendInput;

/** Sends a prompt and streams the answer. With `Last-Event-ID` it sends nothing and resumes the stream. */
export const sendChat: Route = {
  ...describeRoute(
    {
      method: 'post',
      path: '/sessions/{session_id}/chat',
      operationId: 'send_message',
      summary: 'Send a Message in a Session (Streaming)',
      description:
        'Streams AI response using Server-Sent Events (SSE). Yields tokens, reasoning, and tool executions in real-time. The run continues when the client disconnects. To resume the stream, repeat the request with the header `Last-Event-ID` or the parameter `lastEventId`; the prompt is not sent to the model again. If no frame is left, the stream ends at once.',
      input: describedSendInput,
      failures: {
        409: 'A run is in progress and `on_busy` is `reject`, or `request_id` was already used for another prompt, or `expected_head` is not the last message any more.',
        404: 'The session does not exist, or the user may not see it; or `edit_of` or `answer_to` is no message of the session.',
      },
    },
    streamResponses,
  ),
  async handle(c, services) {
    const { raw, parsed } = await readInput(c, services, sendInput);
    const { session_id } = parsed.path;
    const cursor = cursorOf(parsed);
    if (cursor !== undefined) {
      const from = await findRunToResume(c, services, session_id, cursor);
      return from ? follow(c, services, raw, from) : sendEmptyStream(c);
    }
    const input = {
      sessionId: encodeId('Session', session_id),
      prompt: parsed.body.prompt,
      editOf: messageIdOf(parsed.body.edit_of),
      answerTo: messageIdOf(parsed.body.answer_to),
      expectedHead: messageIdOf(parsed.body.expected_head),
      providerName: parsed.body.provider_name,
      modelName: parsed.body.model_name,
      settings: settingsInput(parsed.body.settings),
      attachmentIds: parsed.body.attachment_ids?.map((id) => encodeId('Attachment', id)),
      tools: parsed.body.tools?.map(({ name, description, input_schema }) => ({
        ...{ name, description },
        inputSchema: input_schema,
      })),
      askUser: parsed.body.ask_user,
      requestId: parsed.body.request_id,
      onBusy: upperCase(parsed.body.on_busy),
    };
    return streamRun(c, services, raw, (signal) =>
      services.executor.subscribe(ChatDocument, { input }, c.req.raw, signal),
    );
  },
};

function messageIdOf(id: number | null | undefined): string | null | undefined {
  return id == null ? id : encodeId('Message', id);
}

const TicketQuery = z.object({
  ticket: z.string().optional().openapi({
    description:
      'A stream ticket, for an EventSource, which can send no token. The stream is then that of the ticket’s run.',
  }),
});

const describedFollowInput = { path: SessionPath, header: ResumeHeaders, query: TicketQuery };
const followInput = { ...describedFollowInput, query: TicketQuery.extend(ResumeQuery.shape) };

/** Streams the session's run in progress or, if no run is in progress, its last run. */
export const followChat: Route = {
  takesTickets: true,
  ...describeRoute(
    {
      method: 'get',
      path: '/sessions/{session_id}/chat',
      operationId: 'follow_chat',
      summary: 'Follow the Answer of a Session (Streaming)',
      description:
        'Streams the run in progress from its start, in the same frames as sending a message. If no run is in progress, it streams the last run of the session. A browser’s EventSource can use this operation: it reconnects with `Last-Event-ID` on its own, and stops at the status 204. It can send no token, so it sends a ticket from `POST /sessions/{session_id}/chat/ticket` in its URL.',
      input: describedFollowInput,
    },
    {
      ...streamResponses,
      204: { description: 'The client has received every frame, or the session has no run to follow.' },
    },
  ),
  async handle(c, services) {
    const { raw, parsed } = await readInput(c, services, followInput);
    const { ticket: _, ...query } = parsed.query;
    const cursor = cursorOf({ ...parsed, query });
    return follow(c, services, raw, await findRunToFollow(c, services, parsed.path.session_id, cursor));
  },
};

async function follow(
  c: RestContext,
  services: RestServices,
  raw: RawInput,
  from: Cursor | undefined,
): Promise<Response> {
  if (from === undefined) {
    return c.body(null, 204);
  }
  if (c.req.method === 'HEAD') {
    return c.body(null, 200, { 'content-type': 'text/event-stream; charset=utf-8' });
  }
  const variables = { runId: encodeId('Run', from.run), after: from.seq };
  return streamRun(c, services, raw, (signal) =>
    services.executor.subscribe(FollowRunDocument, variables, c.req.raw, signal),
  );
}
