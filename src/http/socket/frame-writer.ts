import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { endSignal } from '../../base/end-signal.ts';
import { createGate } from '../../base/gate.ts';
import type { FrameWriter } from '../stream/deliver.ts';

/**
 * Writes messages to a WebSocket. It has no queue: while the socket is full, results are not pulled, and nothing more is
 * read from the client, whose messages would be answered.
 */
export interface SocketWriter extends FrameWriter {
  /** Answers a ping of WebSocket. */
  pong(data: Buffer): void;
  ping(): void;
}

/** @param tcp The connection below the WebSocket. */
export function createSocketWriter(socket: WebSocket, tcp: Socket): SocketWriter {
  const gate = createGate();
  const closing = new AbortController();
  // Read with every frame. Reading `closing.signal.aborted` would take far longer.
  let isClosed = false;
  const checkRoom = () => {
    if (!gate.isOpen || !tcp.writableNeedDrain) return;
    gate.shut();
    socket.pause();
  };
  tcp.on('drain', () => {
    if (gate.isOpen) return;
    gate.open();
    socket.resume();
  });
  socket.once('close', () => {
    isClosed = true;
    endSignal(closing);
    gate.open();
  });
  const isOpen = () => !isClosed && socket.readyState === socket.OPEN;
  return {
    // The message is dropped while the socket closes.
    write(frame) {
      if (!isOpen()) return false;
      socket.send(frame);
      checkRoom();
      return gate.isOpen;
    },
    pong(data) {
      if (!isOpen()) return;
      socket.pong(data);
      checkRoom();
    },
    ping() {
      if (isOpen()) socket.ping();
    },
    ready: gate.opened,
    get writable() {
      return gate.isOpen && !isClosed;
    },
    closed: closing.signal,
  };
}
