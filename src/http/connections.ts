import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';

/** How often a response that waits for its reader is checked within `responseTimeoutMs`. */
const checks = 8;
/** Slowest average speed that is accepted after `responseTimeoutMs`: the speed that `cutSlowBody` accepts. */
const leastBytesPerMs = 0.5;

/** What the client of a connection has received since a response began to wait for it. */
interface Reading {
  bytesBefore: number;
  bytes: number;
  /** Checks since the response began to wait, and since the client has received a byte. */
  waited: number;
  idle: number;
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
}

/** The open connections of a server. */
export interface Connections {
  /**
   * Closes the connections that carry no request: nothing has come, as a browser opens them before it needs them, or only
   * a part of the headers. `server.closeIdleConnections` leaves these open.
   */
  closeUnused(): void;
  /**
   * Keeps a connection open that carries something else than requests from now on. Returns false if the response to an
   * earlier request on it has not ended, which would get in between.
   */
  handOver(socket: Socket): boolean;
}

/**
 * Closes the connections of clients that do not read their response, or read it too slowly. The response would stay in
 * memory for as long as the connection is open. A stream that has nothing to send is not closed.
 *
 * @param responseTimeoutMs Milliseconds for which a client may read nothing, and after which its speed counts.
 */
export function watchConnections(server: Server, responseTimeoutMs: number, log: Logger): Connections {
  const readings = new Map<Socket, Reading | undefined>();
  const newest = new WeakMap<Socket, Exchange>();
  const handedOver = new WeakSet<Socket>();
  const checkMs = responseTimeoutMs / checks;
  server.on('request', (request, response) => newest.set(request.socket, { request, response }));
  server.on('connection', (socket) => {
    if (readings.has(socket)) return;
    readings.set(socket, undefined);
    socket.once('close', () => readings.delete(socket));
  });
  // Count checks instead of time: while the gateway is busy the client cannot receive anything.
  const timer = setInterval(() => {
    for (const [socket, before] of readings) {
      const reading = socket.writableLength > 0 ? readOn(before, receivedBytes(socket)) : undefined;
      readings.set(socket, reading);
      if (!reading || !isStuck(reading, checkMs)) continue;
      log.info({ address: socket.remoteAddress }, 'a client does not read its response');
      // A reset frees the bytes that the kernel holds. They would outlive an ordinary close.
      socket.resetAndDestroy();
    }
  }, checkMs).unref();
  server.once('close', () => clearInterval(timer));
  return {
    closeUnused() {
      for (const socket of readings.keys()) {
        if (handedOver.has(socket)) continue;
        if (isAnswered(newest.get(socket)) && socket.writableLength === 0) socket.destroy();
      }
    },
    handOver(socket) {
      if (!isAnswered(newest.get(socket))) return false;
      handedOver.add(socket);
      return true;
    },
  };
}

/** The body must have arrived too: closing earlier would reset the connection, and the client would lose the response. */
function isAnswered(exchange: Exchange | undefined): boolean {
  return exchange === undefined || (exchange.request.complete && exchange.response.closed);
}

function readOn(before: Reading | undefined, bytes: number): Reading {
  if (!before) return { bytesBefore: bytes, bytes, waited: 0, idle: 0 };
  const { bytesBefore, waited, idle } = before;
  return { bytesBefore, bytes, waited: waited + 1, idle: bytes === before.bytes ? idle + 1 : 0 };
}

function isStuck({ bytesBefore, bytes, waited, idle }: Reading, checkMs: number): boolean {
  const allowedMs = checks * checkMs + (bytes - bytesBefore) / leastBytesPerMs;
  return idle >= checks || waited * checkMs >= allowedMs;
}

/**
 * The bytes that the kernel has taken. `bytesWritten` also counts those that wait for the client. Node.js reads the
 * same field of the handle to tell a slow write from a stuck one.
 */
function receivedBytes(socket: Socket): number {
  const { _handle } = socket as Socket & {
    _handle?: { bytesWritten: number; writeQueueSize: number } | null;
  };
  return _handle ? _handle.bytesWritten - _handle.writeQueueSize : 0;
}
