import { encodeId } from '../../base/global-id.ts';
import { ChatDocument, FollowRunDocument } from '../../gql/graphql.ts';
import { SessionPath } from '../input/path-id.ts';
import { type RawInput, readInput } from '../input/read-input.ts';
import { describeRoute } from '../route/describe-route.ts';
import { upperCase } from '../route/enum-case.ts';
import type { RestContext, RestServices, Route } from '../route/route.ts';
import { ChatRequest } from './chat-request.ts';
import { streamRun } from './chat-stream.ts';
import { type Cursor, ResumeHeaders } from './last-event-id.ts';
import { findRunToFollow, findRunToResume } from './run-to-follow.ts';

const streamResponses = {
  200: {
    description:
      'Server-sent events. Each has an `id`, `<run>:<seq>`, and one line of `data`: a ChatFrame as JSON. Comments in between keep the connection alive.',
    headers: {
      'X-Accel-Buffering': {
        description: '`no`: a proxy is asked not to hold frames back.',
        schema: { type: 'string' as const },
      },
    },
    content: {
      'text/event-stream': {
        schema: {
          type: 'string' as const,
          description: 'Frames, each `id:` and `data:`, then an empty line.',
        },
        example: 'id: 7:3\ndata: {"type":"content","content":"Lisbon"}\n\n',
      },
    },
  },
  204: { description: 'There is nothing, or nothing more, to follow.' },
};

const sendInput = { path: SessionPath, header: ResumeHeaders, body: ChatRequest };

/** Sends a prompt and streams the answer; with `Last-Event-ID` only goes on streaming. */
export const sendChat: Route = {
  ...describeRoute(
    {
      method: 'post',
      path: '/sessions/{session_id}/chat',
      operationId: 'send_message',
      summary: 'Send a Message in a Session (Streaming)',
      description:
        'Streams AI response using Server-Sent Events (SSE). Yields tokens, reasoning, and tool executions in real-time. The answer goes on when the client leaves; send again with `Last-Event-ID` to pick the stream up where it was lost.',
      input: sendInput,
      failures: { 409: 'The session is busy, or the request id was used for another prompt.' },
    },
    streamResponses,
  ),
  async handle(c, services) {
    const { raw, parsed } = await readInput(c.req, sendInput);
    const { session_id } = parsed.path;
    const cursor = parsed.header['Last-Event-ID'];
    if (cursor !== undefined) {
      return follow(c, services, raw, await findRunToResume(c, services, session_id, cursor));
    }
    const input = {
      sessionId: encodeId('Session', session_id),
      prompt: parsed.body.prompt,
      providerName: parsed.body.provider_name,
      modelName: parsed.body.model_name,
      requestId: parsed.body.request_id,
      onBusy: upperCase(parsed.body.on_busy),
    };
    return streamRun(c, services, raw, (signal) =>
      services.executor.subscribe(ChatDocument, { input }, c.req.raw, signal),
    );
  },
};

const followInput = { path: SessionPath, header: ResumeHeaders };

/** Streams the session's run in progress, or else its last one. */
export const followChat: Route = {
  ...describeRoute(
    {
      method: 'get',
      path: '/sessions/{session_id}/chat',
      operationId: 'follow_chat',
      summary: 'Follow the Answer of a Session (Streaming)',
      description:
        'Streams the answer in progress from its beginning, or else the last one, in the same frames as sending a message. Made for a browser’s EventSource: it reconnects with `Last-Event-ID` by itself, and stops once there is nothing more to follow.',
      input: followInput,
    },
    streamResponses,
  ),
  async handle(c, services) {
    const { raw, parsed } = await readInput(c.req, followInput);
    const cursor = parsed.header['Last-Event-ID'];
    return follow(c, services, raw, await findRunToFollow(c, services, parsed.path.session_id, cursor));
  },
};

function follow(
  c: RestContext,
  services: RestServices,
  raw: RawInput,
  from: Cursor | undefined,
): Promise<Response> {
  if (from === undefined) {
    return Promise.resolve(c.body(null, 204));
  }
  if (c.req.method === 'HEAD') {
    return Promise.resolve(c.body(null, 200, { 'content-type': 'text/event-stream; charset=utf-8' }));
  }
  const variables = { runId: encodeId('Run', from.run), after: from.seq };
  return streamRun(c, services, raw, (signal) =>
    services.executor.subscribe(FollowRunDocument, variables, c.req.raw, signal),
  );
}
