import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { ExecutionResult, GraphQLError } from 'graphql';
import { endSignal } from '../../base/end-signal.ts';
import { feedOf } from '../../base/feed.ts';
import type { RunEventFieldsFragment } from '../../gql/graphql.ts';
import { type EventStream, openEventStream } from '../../sse/event-stream.ts';
import { restError } from '../errors/graphql-error.ts';
import type { RawInput } from '../errors/validation-error.ts';
import type { RestContext, RestServices } from '../route/route.ts';
import { endsRun, errorFrame, formatRunEvent } from './run-event-frames.ts';

type RunEventResult = ExecutionResult<{ runEvent: RunEventFieldsFragment }>;
type Subscribe = (signal: AbortSignal) => Promise<AsyncIterable<RunEventResult> | RunEventResult>;

const interruptedFrame = errorFrame(
  'STREAM_INTERRUPTED',
  'The stream broke off before the answer was finished. Resume it with Last-Event-ID.',
);

/**
 * Responds with the frames of a run until the run ends or the client disconnects. A client that disconnects ends
 * the subscription, not the run.
 *
 * @param input The raw input of the request; a validation error names the part that caused it.
 * @throws RestError if the subscription does not start. Nothing has been sent then.
 */
export async function streamRun(
  c: RestContext,
  { log, note, heartbeatMs = 15_000 }: RestServices,
  input: RawInput,
  subscribe: Subscribe,
): Promise<Response> {
  const { outgoing } = c.env;
  const leaving = new AbortController();
  const leave = () => endSignal(leaving);
  outgoing.once('close', leave);
  try {
    const results = await subscribe(leaving.signal);
    if (!(Symbol.asyncIterator in results)) {
      note(c.req.raw, results);
      throw restError(results.errors ?? [], input);
    }
    if (leaving.signal.aborted) {
      await results[Symbol.asyncIterator]().return?.();
      return RESPONSE_ALREADY_SENT;
    }
    const headers = Object.fromEntries(c.res.headers);
    const stream = openEventStream(outgoing, { heartbeatMs, headers });
    try {
      const error = await writeFrames(stream, results);
      if (error) note(c.req.raw, { errors: [error] });
    } catch (error) {
      if (!stream.closed.aborted) {
        log.error({ err: error }, 'A chat stream failed.');
        stream.write(interruptedFrame);
      }
    } finally {
      stream.end();
    }
    return RESPONSE_ALREADY_SENT;
  } finally {
    outgoing.off('close', leave);
    leave();
  }
}

/**
 * Responds with a stream without frames that ends at once. A client that repeats a POST until it gets a stream, such as
 * `@microsoft/fetch-event-source`, takes this for the end; it would repeat a 204 every second.
 */
export function sendEmptyStream(c: RestContext): Response {
  openEventStream(c.env.outgoing, { headers: Object.fromEntries(c.res.headers) }).end();
  return RESPONSE_ALREADY_SENT;
}

/** @returns The error that ended the results. */
async function writeFrames(
  stream: EventStream,
  results: AsyncIterable<RunEventResult>,
): Promise<GraphQLError | undefined> {
  const feed = feedOf(results);
  try {
    for (;;) {
      const next = feed.take();
      if (!next) {
        await feed.wait();
        continue;
      }
      if (next.done) break;
      const { frames, isLast, error } = framesOf(next.value);
      if (!stream.write(frames)) await stream.ready();
      if (isLast || stream.closed.aborted) return error;
    }
    stream.write(interruptedFrame);
    return undefined;
  } finally {
    await feed.return();
  }
}

function framesOf({ data, errors }: RunEventResult): {
  frames: string;
  isLast: boolean;
  error?: GraphQLError;
} {
  const runEvent = data?.runEvent;
  if (!errors && runEvent) return { frames: formatRunEvent(runEvent), isLast: endsRun(runEvent) };
  const [error] = errors ?? [];
  if (!error) return { frames: interruptedFrame, isLast: true };
  const code = error.extensions?.['code'];
  const shown = typeof code === 'string' ? code : 'INTERNAL_SERVER_ERROR';
  return { frames: errorFrame(shown, error.message), isLast: true, error };
}
