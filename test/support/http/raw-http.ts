import { once } from 'node:events';
import { connect } from 'node:net';

/**
 * Sends bytes that `fetch` would not send. Returns everything received when the connection is closed or reset.
 *
 * @param signal Rejects when it is aborted.
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
  // A gateway that has refused a request may reset the connection while the rest of the request arrives.
  socket.on('error', () => {});
  socket.write(request);
  await new Promise((resolve) => socket.once('close', resolve));
  signal?.throwIfAborted();
  return Buffer.concat(received).toString();
}
