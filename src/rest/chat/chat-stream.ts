import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { ExecutionResult } from 'graphql';
import type { RunEventFieldsFragment } from '../../gql/graphql.ts';
import { type EventStream, openEventStream } from '../../sse/event-stream.ts';
import { restError } from '../errors/graphql-error.ts';
import type { Part } from '../errors/validation-error.ts';
import type { RestContext, RestServices } from '../route/route.ts';
import { endsRun, errorFrame, formatRunEvent } from './run-event-frames.ts';

type RunEventResult = ExecutionResult<{ runEvent: RunEventFieldsFragment }>;
type Subscribe = (signal: AbortSignal) => Promise<AsyncIterable<RunEventResult> | RunEventResult>;

/**
 * Answers with the frames of a run, until it ends or the client leaves. Leaving ends the subscription, not
 * the run.
 *
 * @param input What the request carried, to find what an error is about.
 * @throws RestError where the subscription does not start: then nothing has been sent.
 */
export async function streamRun(
  c: RestContext,
  { log, heartbeatMs = 15_000 }: RestServices,
  input: Partial<Record<Part, unknown>>,
  subscribe: Subscribe,
): Promise<Response> {
  const { outgoing } = c.env;
  const leaving = new AbortController();
  const leave = () => leaving.abort();
  outgoing.once('close', leave);
  try {
    const results = await subscribe(leaving.signal);
    if (!(Symbol.asyncIterator in results)) {
      throw restError(results.errors ?? [], input);
    }
    if (leaving.signal.aborted) {
      await results[Symbol.asyncIterator]().return?.();
      return RESPONSE_ALREADY_SENT;
    }
    const headers = Object.fromEntries(c.res.headers);
    const stream = openEventStream(outgoing, { heartbeatMs, headers });
    try {
      await writeFrames(stream, results);
    } catch (error) {
      if (!stream.closed.aborted) {
        log.error({ err: error }, 'A chat stream broke.');
        stream.write(interrupted());
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

async function writeFrames(stream: EventStream, results: AsyncIterable<RunEventResult>): Promise<void> {
  for await (const { data, errors } of results) {
    const runEvent = data?.runEvent;
    if (errors !== undefined || !runEvent) {
      const [error] = errors ?? [];
      const code = error?.extensions?.['code'];
      stream.write(
        error
          ? errorFrame(typeof code === 'string' ? code : 'INTERNAL_SERVER_ERROR', error.message)
          : interrupted(),
      );
      return;
    }
    if (!stream.write(formatRunEvent(runEvent))) {
      await stream.ready();
    }
    if (endsRun(runEvent) || stream.closed.aborted) {
      return;
    }
  }
  stream.write(interrupted());
}

function interrupted(): string {
  return errorFrame(
    'STREAM_INTERRUPTED',
    'The stream broke off before the answer was finished. Resume it with Last-Event-ID.',
  );
}
