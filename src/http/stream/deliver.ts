import { type Feed, feedOf } from '../../base/feed.ts';
import type { EventStream } from '../../sse/event-stream.ts';
import type { FrameBudget } from './frame-budget.ts';
import type { Frames } from './frames.ts';
import type { PresentError } from './present-error.ts';
import { type Results, singleResult } from './results.ts';

/** What the frames of operations are written to: an event stream, or a WebSocket. */
export type FrameWriter = Pick<EventStream, 'write' | 'ready' | 'writable' | 'closed'>;

/** Where and how to write the results of an operation. */
export interface Delivery {
  /**
   * Resolves when the client's stream is open, with undefined if it was closed before that. No result is pulled before.
   */
  readonly opened: Promise<FrameWriter | undefined>;
  readonly frames: Frames;
  /** Aborts when the client does not want the results any more. */
  readonly signal: AbortSignal;
  readonly frameBudget: FrameBudget;
  readonly present: PresentError;
}

/**
 * Starts an operation, writes its results and then `complete`. Pulls a result only while the socket accepts frames, so
 * that at most one result waits for a client that does not read. Writes a failure as a last result with the masked
 * error, and never rejects. On abort it calls `return()` of the source at once and writes nothing more.
 */
export async function deliver(start: () => Promise<Results>, delivery: Delivery): Promise<void> {
  const { opened, frames, signal, present } = delivery;
  try {
    await pump(await start(), delivery);
  } catch (error) {
    if (!signal.aborted) await pump(singleResult({ errors: [present(error)] }), delivery);
  }
  const stream = await opened;
  while (stream && !stream.writable && !stream.closed.aborted && !signal.aborted) await stream.ready();
  if (!signal.aborted) stream?.write(frames.complete);
}

async function pump({ source, render }: Results, delivery: Delivery): Promise<void> {
  const { opened, frames, signal, frameBudget } = delivery;
  const feed = feedOf(source);
  let closing: Promise<void> | undefined;
  /** Resolves when the stream may write again, after it has used up the frame budget. */
  let renewed: Promise<void> | undefined;
  const close = () => {
    closing ??= closeFeed(feed, delivery.present);
  };
  // Close the source on abort even while somebody waits for it: a silent source would otherwise never be closed.
  signal.addEventListener('abort', close, { once: true });
  if (signal.aborted) close();
  try {
    const stream = await opened;
    while (stream && !closing) {
      if (!stream.writable) {
        if (stream.closed.aborted) break;
        await stream.ready();
        continue;
      }
      const result = feed.take();
      if (!result) {
        await feed.wait();
        continue;
      }
      if (result.done) break;
      if (renewed && frameBudget.isPending(renewed)) await renewed;
      const rendered = render(result.value);
      const json = typeof rendered === 'string' ? rendered : await rendered;
      if (closing) break;
      stream.write(frames.next(json));
      renewed = frameBudget.spend();
    }
  } finally {
    signal.removeEventListener('abort', close);
    close();
    await closing;
  }
}

async function closeFeed(feed: Feed<unknown>, present: PresentError): Promise<void> {
  try {
    await feed.return();
  } catch (error) {
    // The client has its results or has left, so present the error only to log it.
    present(error);
  }
}
