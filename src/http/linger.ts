import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/** Most bytes of a refused body that are read and dropped: more than the largest recording by default. */
const mostBytes = 128 * 1024 * 1024;
/** How long the rest of a refused body is read, in milliseconds. */
const lingerMs = 30_000;
/** How long the client may take to close its side after it has sent its body, in milliseconds. */
const farewellMs = 1_000;
/** How often the bytes are counted, in milliseconds. */
const checkMs = 100;

/** The connections of a server that are being closed. */
export interface Lingering {
  /** Whether the gateway has answered its last request on this connection. What still comes must not be executed. */
  has(socket: Socket): boolean;
}

/**
 * Closes a connection in two steps where the response was written before the whole body had come (RFC 9112, section 9.6):
 * the gateway ends its side behind the response, and reads and drops what the client still sends. Node.js would close
 * both sides at once. Then the client gets a reset for what it still sends, and most clients report a broken pipe instead
 * of the response, which they read only when they have sent everything.
 */
export function lingerBeforeClosing(server: Server): Lingering {
  const newest = new WeakMap<Socket, IncomingMessage>();
  const lingering = new WeakSet<Socket>();
  const note = (incoming: IncomingMessage) => void newest.set(incoming.socket, incoming);
  server.on('request', note).on('checkExpectation', note);
  const watched = new WeakSet<Socket>();
  server.on('connection', (socket) => {
    // A connection comes again when its request for an upgrade is taken as a plain one.
    if (watched.has(socket)) return;
    watched.add(socket);
    const close = socket.destroySoon.bind(socket);
    // Node.js calls this method when a response has ended that is the last one of its connection.
    socket.destroySoon = () => {
      const incoming = newest.get(socket);
      if (lingering.has(socket)) return;
      lingering.add(socket);
      if (incoming === undefined || incoming.complete || incoming.destroyed || socket.destroyed)
        return close();
      readRest(socket, incoming);
    };
  });
  return lingering;
}

function readRest(socket: Socket, incoming: IncomingMessage): void {
  const before = socket.bytesRead;
  let endsAt = performance.now() + lingerMs;
  const timer = setInterval(() => {
    if (socket.bytesRead - before > mostBytes || performance.now() > endsAt) socket.destroy();
  }, checkMs).unref();
  socket.once('close', () => clearInterval(timer)).end();
  incoming
    .once('end', () => {
      endsAt = performance.now() + farewellMs;
    })
    .resume();
}
