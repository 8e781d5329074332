import type { IncomingMessage } from 'node:http';
import { badMessage } from './messages.ts';

/** Headers that only say how the connection became a WebSocket. */
const ofHandshake = /^(connection|upgrade|host|sec-websocket-.*|content-length|transfer-encoding)$/;

/** The headers of the request that opened a socket, which each of its operations has too. */
export function headersOf(incoming: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    if (ofHandshake.test(name)) continue;
    for (const value of values ?? []) headers.append(name, value);
  }
  return headers;
}

/**
 * Takes over the header `Authorization` from the `connectionParams` of a client, because a page in a browser cannot send
 * headers with a WebSocket. Clients put it beside their other parameters or under `headers`, in any case.
 *
 * @throws SocketFault if it is no text that a header can have.
 */
export function authorize(headers: Headers, params: Readonly<Record<string, unknown>>): Headers {
  const authorization = authorizationIn(params) ?? authorizationIn(params['headers']);
  if (authorization === undefined) return headers;
  const authorized = new Headers(headers);
  try {
    authorized.set('authorization', authorization);
  } catch {
    throw badMessage('The connection parameter "Authorization" has characters that no header has.');
  }
  return authorized;
}

function authorizationIn(params: unknown): string | undefined {
  if (typeof params !== 'object' || params === null) return undefined;
  for (const [name, value] of Object.entries(params)) {
    if (name.toLowerCase() !== 'authorization' || value == null || value === '') continue;
    if (typeof value !== 'string') {
      throw badMessage('The connection parameter "Authorization" must be a text.');
    }
    return value;
  }
  return undefined;
}
