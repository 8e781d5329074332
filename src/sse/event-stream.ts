import type { ServerResponse } from 'node:http';
import { heartbeatFrame } from './frame.ts';

/** One open response of server-sent events. It holds no queue: whoever writes waits for the reader. */
export interface EventStream {
  /**
   * Hands a frame to the socket. False where the socket is full: the frame was taken, but the caller must
   * await `ready()` before the next. False, too, once the stream is closed; then nothing is written.
   */
  write(frame: string): boolean;
  /** Resolves when the socket takes frames again, or when the stream is closed. */
  ready(): Promise<void>;
  /** Whether a frame would go out now. */
  readonly writable: boolean;
  /** Aborts once, when the client leaves or the stream is ended. */
  readonly closed: AbortSignal;
  /** Ends the response after what was written. */
  end(): void;
}

export interface EventStreamOptions {
  /** Milliseconds between heartbeats; 12,000 by default. */
  heartbeatMs?: number;
  /** Headers besides those of every event stream. */
  headers?: Record<string, string>;
}

const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  // nginx would otherwise hold frames back until its buffer is full.
  'x-accel-buffering': 'no',
};

/** Answers 200 and starts a stream of server-sent events, with the headers and a heartbeat on their way at once. */
export function openEventStream(response: ServerResponse, options: EventStreamOptions = {}): EventStream {
  const { heartbeatMs = 12_000, headers = {} } = options;
  const closing = new AbortController();
  const gate = createGate();
  // Asked for with every frame, and a signal takes far longer to answer than a variable.
  let isClosed = false;

  const close = () => {
    if (isClosed) return;
    isClosed = true;
    clearInterval(heartbeat);
    closing.abort();
    gate.open();
  };
  const write = (frame: string): boolean => {
    if (isClosed) return false;
    if (!response.write(frame)) gate.shut();
    return gate.isOpen;
  };
  const heartbeat = setInterval(() => {
    if (gate.isOpen) write(heartbeatFrame);
  }, heartbeatMs);

  response.on('drain', gate.open).once('close', close).on('error', close);
  if (response.destroyed) {
    close();
  } else {
    response.writeHead(200, { ...streamHeaders, ...headers });
    write(heartbeatFrame);
  }

  return {
    write,
    ready: gate.opened,
    get writable() {
      return gate.isOpen && !isClosed;
    },
    closed: closing.signal,
    end() {
      if (isClosed) return;
      close();
      response.end();
    },
  };
}

/** Holds writers back while the socket is full. */
function createGate() {
  let isOpen = true;
  let opening: Promise<void> | undefined;
  let release = () => {};
  return {
    get isOpen() {
      return isOpen;
    },
    shut() {
      isOpen = false;
    },
    open() {
      isOpen = true;
      opening = undefined;
      release();
    },
    opened(): Promise<void> {
      if (isOpen) return Promise.resolve();
      opening ??= new Promise((resolve) => {
        release = resolve;
      });
      return opening;
    },
  };
}
