import type { EventStream } from '../../sse/event-stream.ts';
import type { FrameBudget } from './frame-budget.ts';
import type { Frames } from './frames.ts';
import type { PresentError } from './present-error.ts';
import { type Results, singleResult } from './results.ts';

/** Where the results of an operation go. */
export interface Delivery {
  /** The client's stream, once there is one; undefined where it never will be. Nothing is pulled before. */
  readonly opened: Promise<EventStream | undefined>;
  readonly frames: Frames;
  /** Aborts when nobody wants the results any more. */
  readonly signal: AbortSignal;
  readonly frameBudget: FrameBudget;
  readonly present: PresentError;
}

/**
 * Starts an operation and writes what it yields, then `complete`. It pulls only while the socket takes frames,
 * so a client that does not read costs one value. A failure becomes a last result with the masked error; this
 * never rejects. On abort the source's `return()` is called at once and nothing more is written.
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
  const iterator = source[Symbol.asyncIterator]();
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= closeIterator(iterator, delivery.present);
  };
  // On abort the source is closed even while a next() is pending, so that it need not yield first.
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
      const { done, value } = await iterator.next();
      if (done || closing) break;
      const rendered = render(value);
      const json = typeof rendered === 'string' ? rendered : await rendered;
      if (closing) break;
      stream.write(frames.next(json));
      const renewed = frameBudget.spend();
      if (renewed) await renewed;
    }
  } finally {
    signal.removeEventListener('abort', close);
    close();
    await closing;
  }
}

async function closeIterator(iterator: AsyncIterator<unknown>, present: PresentError): Promise<void> {
  try {
    await iterator.return?.();
  } catch (error) {
    // The client has what it asked for, or is gone: presenting only logs the fault.
    present(error);
  }
}
