import type { ServerResponse } from 'node:http';
import { endSignal } from '../base/end-signal.ts';
import { createGate } from '../base/gate.ts';
import { createChunkWriter } from './chunk-writer.ts';
import { commentLine } from './frame.ts';
import { joinHeartbeat } from './heartbeat.ts';
import { lastChunk, toChunk } from './http-chunk.ts';

/** One open response of server-sent events. It has no queue: the writer waits for the reader. */
export interface EventStream {
  /**
   * Writes a frame to the socket before this turn of the event loop ends. Returns false if the socket is full: the frame
   * is sent, but the caller must await `ready()` before the next. Returns false, too, if the stream is closed; then the frame is dropped.
   */
  write(frame: string): boolean;
  /** Resolves when the socket has room again, or when the stream is closed. */
  ready(): Promise<void>;
  /** Whether the stream is open and the socket has room. */
  readonly writable: boolean;
  /** Aborts once, when the client leaves or the stream is ended. */
  readonly closed: AbortSignal;
  /** Ends the response after the frames that were written. */
  end(): void;
}

export interface EventStreamOptions {
  /** Milliseconds between heartbeats. Default: 12,000. */
  heartbeatMs?: number;
  /** Headers in addition to those of every event stream. */
  headers?: Record<string, string>;
}

/** The headers of every event stream. */
export const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  // Without this, nginx holds frames back until its buffer is full.
  'x-accel-buffering': 'no',
};

/** Responds with 200 and opens a stream of server-sent events. The headers and a first heartbeat are sent at once. */
export function openEventStream(response: ServerResponse, options: EventStreamOptions = {}): EventStream {
  const { heartbeatMs = 12_000, headers = {} } = options;
  const closing = new AbortController();
  const gate = createGate();
  const writer = createChunkWriter({ response, onFull: gate.shut, onRoom: gate.open });
  // Whether the body is sent in chunks, which HTTP/1.0 does not know.
  let chunked = false;
  // Read with every frame. Reading `closing.signal.aborted` would take far longer.
  let isClosed = false;

  const close = () => {
    if (isClosed) return;
    isClosed = true;
    stopHeartbeat();
    endSignal(closing);
    gate.open();
  };
  const write = (frame: string): boolean => {
    if (isClosed) return false;
    writer.write(chunked ? toChunk(frame) : frame);
    return gate.isOpen;
  };
  const stopHeartbeat = joinHeartbeat(heartbeatMs, () => {
    if (gate.isOpen) write(commentLine);
  });

  response.once('close', close).on('error', close);
  if (response.destroyed) {
    close();
  } else {
    response.writeHead(200, { ...streamHeaders, ...headers });
    // Node.js would pass a chunk to the socket in four pieces.
    chunked = response.chunkedEncoding;
    response.chunkedEncoding = false;
    response.write(chunked ? toChunk(commentLine) : commentLine);
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
      writer.flush();
      close();
      response.end(chunked ? lastChunk : undefined);
    },
  };
}
