import type { OpenAiFailure } from '../../base/openai-failure.ts';
import type { AnswerEventFragment } from '../../gql/graphql.ts';
import { type EventStream, openEventStream } from '../../sse/event-stream.ts';
import { ApiError } from '../errors/api-error.ts';
import type { ApiContext, ApiServices } from '../route/route.ts';
import type { AwaitedCalls } from './awaited-calls.ts';
import { type AnswerEnd, type FollowOptions, followAnswer } from './follow-answer.ts';

/** Writes run events as the frames of a dialect. One writer belongs to one stream. */
export interface FrameWriter {
  /**
   * The frames of a run event; empty for one that the dialect does not show.
   *
   * @param awaited Set if the stream ends with calls for the client. Then there may be no run event, or one with which the
   *   run has ended meanwhile.
   */
  frames(event: AnswerEventFragment | undefined, awaited: AwaitedCalls | undefined): string;
  /** The frames that end a stream early. */
  failure(failure: OpenAiFailure): string;
}

/**
 * Responds with the frames of a run until it ends, waits for tools of the client, or the client leaves. Writes only as fast
 * as the client reads.
 *
 * @returns How the answer has ended; undefined if the client did not get all of it.
 * @throws ApiError if the run cannot be followed. Nothing has been sent then.
 */
export async function streamAnswer(
  c: ApiContext,
  services: ApiServices,
  options: Omit<FollowOptions, 'begin'>,
  writer: FrameWriter,
): Promise<AnswerEnd | undefined> {
  let stream: EventStream | undefined;
  const begin = () => {
    const headers = Object.fromEntries(c.res.headers);
    const opened = openEventStream(c.env.outgoing, { heartbeatMs: services.heartbeatMs ?? 15_000, headers });
    stream = opened;
    return {
      take(event: AnswerEventFragment | undefined, awaited: AwaitedCalls | undefined) {
        const frames = writer.frames(event, awaited);
        if (frames === '' || opened.write(frames)) return undefined;
        return opened.ready();
      },
    };
  };
  try {
    return await followAnswer(c, services, { ...options, begin });
  } catch (error) {
    if (stream === undefined) throw error;
    services.note(c.req.raw, { errors: [error] });
    if (!(error instanceof ApiError)) services.log.error({ err: error }, 'an answer could not be streamed');
    const failure = error instanceof ApiError ? error : new ApiError(500, 'Internal Server Error');
    stream.write(writer.failure(failure.body));
    return undefined;
  } finally {
    stream?.end();
  }
}
