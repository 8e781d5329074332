import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { errorStatus, type GatewayError, refusal } from '../errors.ts';
import { refusalBody } from './request/refusal.ts';

/** How long the rest of a refused request is read, in milliseconds. Closing at once would reset the connection. */
const discardMs = 1_000;

type ParserError = NodeJS.ErrnoException & { rawPacket?: Buffer };

/**
 * Answers what Node.js cannot parse as a request, or would answer without a body: malformed bytes, CONNECT and unknown
 * expectations. The connection is closed, because nobody knows where the next request begins.
 */
export function answerMalformed(server: Server): void {
  const newest = new WeakMap<Duplex, ServerResponse>();
  const refused = new WeakSet<Duplex>();
  server.on('request', (request, response) => newest.set(request.socket, response));
  server.on('clientError', (error: ParserError, socket) => {
    // The rest of the request comes as further errors.
    if (refused.has(socket)) return;
    refused.add(socket);
    const response = newest.get(socket);
    // Node.js closes the connection after this response, so what comes behind its request is not answered.
    if (response?.writableEnded && !response.shouldKeepAlive) return;
    const isOpen = response !== undefined && !response.writableFinished;
    // A response that has begun cannot become another one.
    if (!socket.writable || (isOpen && response.headersSent)) return void socket.destroy();
    const target = (isOpen && response.req.url) || targetIn(error.rawPacket);
    const answer = () => endWith(socket, faultOf(error), target);
    // The malformed bytes come after a whole request, which gets its response first.
    if (isOpen && response.req.complete) response.once('close', answer);
    else answer();
  });
  server.on('connect', ({ url }, socket) => {
    endWith(socket, refusal('METHOD_NOT_ALLOWED', 'The gateway is no proxy: it takes no CONNECT.'), url);
  });
  server.on('checkExpectation', ({ url = '' }: IncomingMessage, response: ServerResponse) => {
    const message = 'The gateway meets no expectation but 100-continue.';
    response.writeHead(417, { 'content-type': 'application/json', connection: 'close' });
    response.end(JSON.stringify(refusalBody(url, refusal('BAD_REQUEST', message))));
  });
}

function faultOf({ code }: ParserError): GatewayError {
  if (code === 'HPE_HEADER_OVERFLOW') return headersTooLarge;
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW')
    return refusal('PAYLOAD_TOO_LARGE', 'The extensions of a chunk are too long.');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return refusal('REQUEST_TIMEOUT', 'The headers came too slowly.');
  return refusal('BAD_REQUEST', 'The request is not well-formed HTTP.');
}

/** Refuses a request that cannot become a `Request`. */
export const malformedTarget = refusal(
  'BAD_REQUEST',
  'The request target or the Host header is malformed, or the Host header is missing.',
);

/** 431 has no code of its own. */
const headersTooLarge = refusal('BAD_REQUEST', 'The request target and the headers are too long.');

/** The target in the first line of what Node.js could not parse. */
function targetIn(packet: Buffer | undefined): string | undefined {
  return /^[A-Z]+ +(\S+)/.exec(packet?.toString('latin1', 0, 200) ?? '')?.[1];
}

function endWith(socket: Duplex, error: GatewayError, target = ''): void {
  if (!socket.writable) return void socket.destroy();
  const body = JSON.stringify(refusalBody(target, error));
  const status = error === headersTooLarge ? 431 : errorStatus[error.code];
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Cache-Control: no-store',
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
  socket.on('error', () => {});
  setTimeout(() => socket.destroy(), discardMs).unref();
}
