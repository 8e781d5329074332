import type { HostileAnswer, HostileGateway } from './hostile-gateway.ts';

export const boundary = 'boundary-of-mallory';
export const multipart = `multipart/form-data; boundary=${boundary}`;

/** One part of a form, from the lines of its head and its content. Strings are Latin-1, so they can hold any byte. */
export function part(head: string | string[], content: string): string {
  return `--${boundary}\r\n${[head].flat().join('\r\n')}\r\n\r\n${content}\r\n`;
}

/** A part with this field name. */
export function field(name: string, content: string, more = ''): string {
  return part(`Content-Disposition: form-data; name="${name}"${more}`, content);
}

/** A whole form of these parts. */
export function form(...parts: string[]): string {
  return `${parts.join('')}--${boundary}--\r\n`;
}

/** Sends a form to the REST API as the recording of message 1. */
export function sendToRest(
  gateway: HostileGateway,
  body: string,
  headers: Record<string, string> = { 'content-type': multipart },
): Promise<HostileAnswer> {
  return send(gateway, '/api/v1/sessions/messages/1/audio', body, headers);
}

/** Sends a form to GraphQL, with the header that an upload needs. */
export function sendToGraphQL(
  gateway: HostileGateway,
  body: string,
  headers: Record<string, string> = { 'content-type': multipart },
): Promise<HostileAnswer> {
  return send(gateway, '/graphql', body, { 'apollo-require-preflight': 'yes', ...headers });
}

/** Sends raw bytes. The gateway closes the connection when it refuses a form, and `fetch` would fail at that. */
function send(gateway: HostileGateway, path: string, body: string, headers: Record<string, string>) {
  const all = {
    host: new URL(gateway.url).host,
    connection: 'close',
    'content-length': Buffer.byteLength(body, 'latin1'),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return gateway.attackRaw(Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`, 'latin1'));
}
