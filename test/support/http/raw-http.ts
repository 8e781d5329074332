import { once } from 'node:events';
import { connect } from 'node:net';

/**
 * Sends bytes as they are, for what `fetch` would not send, and returns all that comes back until the connection is
 * closed, one way or another.
 *
 * @param signal Gives up: rejects.
 */
export async function sendRaw(
  url: string,
  request: string | Uint8Array,
  signal?: AbortSignal,
): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, ...(signal && { signal }) });
  const received: Buffer[] = [];
  socket.on('data', (chunk) => received.push(chunk));
  await once(socket, 'connect');
  // A gateway that has refused a request may reset the connection on which the rest of it comes.
  socket.on('error', () => {});
  socket.write(request);
  await new Promise((resolve) => socket.once('close', resolve));
  signal?.throwIfAborted();
  return Buffer.concat(received).toString();
}
