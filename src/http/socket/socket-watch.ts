import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { joinHeartbeat } from '../../sse/heartbeat.ts';
import type { SocketWriter } from './frame-writer.ts';

/** Most bytes that a client may send before the gateway knows who it is. A token is far shorter. */
const maxUnknownBytes = 65_536;

/**
 * Pings a client, and cuts the connection of one that does not answer until the next ping is due.
 *
 * @returns The function that ends this.
 */
export function watchLife(socket: WebSocket, writer: SocketWriter, heartbeatMs: number): () => void {
  let isAwaited = false;
  socket.on('pong', () => {
    isAwaited = false;
  });
  return joinHeartbeat(heartbeatMs, () => {
    // A client that reads slowly gets its ping late. How slowly it may read is the same for all connections: see
    // `watchConnections`.
    if (!writer.writable) {
      isAwaited = false;
    } else if (isAwaited) {
      socket.terminate();
    } else {
      isAwaited = true;
      writer.ping();
    }
  });
}

/**
 * Calls `exceed` once a client has sent too many bytes without saying who it is. The pieces of a message stay in memory
 * until its end, and its limit is that of a message of a known client.
 *
 * @returns The function that ends this.
 */
export function limitUnknownBytes(tcp: Socket, exceed: () => void): () => void {
  let bytes = 0;
  const count = (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxUnknownBytes) exceed();
  };
  tcp.on('data', count);
  return () => void tcp.off('data', count);
}
