import { CloseCode } from 'graphql-ws';
import { type JsonLimits, JsonScan } from '../../base/json-scan.ts';

/** A message of a client in the protocol `graphql-transport-ws`. */
export type ClientMessage =
  | { readonly type: 'connection_init'; readonly payload: Readonly<Record<string, unknown>> }
  | { readonly type: 'ping' | 'pong' }
  | { readonly type: 'subscribe'; readonly id: string; readonly payload: unknown }
  | { readonly type: 'complete'; readonly id: string };

/** Why the gateway closes a socket. The codes from 4400 on are those of the protocol. */
export class SocketFault extends Error {
  readonly code: number;

  /** @param reason At most 123 bytes, as WebSocket demands. */
  constructor(code: number, reason: string) {
    super(reason);
    this.code = code;
  }
}

/** Every frame repeats the id, so a long id would cost much. */
const maxIdLength = 256;

/**
 * Reads a message of a client. The document and the variables of an operation are not checked here.
 *
 * @throws SocketFault if it is no message of the protocol.
 */
export function readMessage(bytes: Buffer, limits: JsonLimits): ClientMessage {
  const scan = new JsonScan();
  scan.addBytes(bytes);
  if (scan.exceeds(limits)) {
    throw badMessage(`A message has at most ${limits.nodes} objects, lists and fields.`);
  }
  const message = parse(bytes);
  if (!isRecord(message)) throw badMessage('A message is a JSON object.');
  const { type, id, payload } = message;
  switch (type) {
    case 'connection_init':
      if (payload != null && !isRecord(payload)) throw badMessage('The payload must be an object.');
      return { type, payload: payload ?? {} };
    case 'ping':
    case 'pong':
      return { type };
    case 'subscribe':
      return { type, id: checkId(id), payload };
    case 'complete':
      return { type, id: checkId(id) };
    default:
      throw badMessage('The type of the message is unknown.');
  }
}

export function badMessage(reason: string): SocketFault {
  return new SocketFault(CloseCode.BadRequest, reason);
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    throw badMessage('The message is not valid JSON.');
  }
}

function checkId(id: unknown): string {
  if (typeof id !== 'string' || id === '') throw badMessage('The id must be a text that is not empty.');
  if (id.length > maxIdLength) throw badMessage(`An id has at most ${maxIdLength} characters.`);
  return id;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
