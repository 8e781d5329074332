import { randomUUID } from 'node:crypto';
import { type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { GatewayCalls } from '../../bus/gateway-calls.ts';
import { GatewayUnreachableError } from '../../bus/gateway-calls.ts';
import type { SharedValues } from '../../bus/shared-values.ts';
import { readBytes } from '../request/read-body.ts';

/**
 * Where the streams of single connection mode are, for gateways that act as one. The gateway that answers the `GET` of a
 * stream is its home, because the response is there. A load balancer may send the `PUT` before it and the operations
 * after it to others: those pass operations on to the home.
 */
export interface StreamHomes {
  /** A token for a stream that is reserved here. It names this gateway. */
  newToken(): string;
  /** Answers requests that other gateways pass on. Call it when the server listens. */
  serve(local: LocalStreams): Disposable;
  /** Takes a stream that another gateway has reserved and nobody has opened. Resolves with whether it did. */
  take(token: string, owner: string): Promise<boolean>;
  /** Tells the others that a stream that was taken is here, until the result is disposed. */
  announce(token: string): Disposable;
  /**
   * Passes a request on to the home of its stream: one that starts or stops an operation, whose answer is short. Resolves
   * with false where no other gateway answers it.
   */
  passOn(token: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<boolean>;
}

export interface LocalStreams {
  /** The address of this gateway's server. */
  url: string;
  /** Gives up a reserved stream of this owner that is not open and carries nothing. Returns whether there was one. */
  give(token: string, owner: string): boolean;
}

export interface StreamHomesOptions {
  calls: GatewayCalls;
  values: SharedValues;
  maxBodyBytes: number;
}

interface PassedRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  /** In base64. */
  body: string;
}

interface PassedResponse {
  status: number;
  headers: IncomingHttpHeaders;
  /** In base64. */
  body: string;
}

/** Marks a request that was passed on, so that it is not passed on again. */
const passedHeader = 'x-switchyard-passed-on';
/** Headers that belong to one connection (RFC 9110, 7.6.1), or that Node.js writes anew. */
const ofConnection = [
  'connection',
  'keep-alive',
  'transfer-encoding',
  'te',
  'upgrade',
  'expect',
  'content-length',
];
/** Longer than the start of an operation takes, which the home answers before it executes it. A gateway that is gone costs this. */
const timeoutMs = 3_000;
/** How long a stream may be open before others no longer find it, in milliseconds: a day. */
const openMs = 86_400_000;
const separator = '~';

export function createStreamHomes({ calls, values, maxBodyBytes }: StreamHomesOptions): StreamHomes {
  const { gatewayId } = calls;
  const keyOf = (token: string) => `stream:${token}`;
  const reservedBy = (token: string) => token.split(separator, 1)[0] ?? '';

  async function homeOf(token: string): Promise<string | undefined> {
    if (!token.includes(separator)) return undefined;
    const [taken] = await values.get([keyOf(token)]);
    const home = taken ?? reservedBy(token);
    return home === gatewayId || home === '' ? undefined : home;
  }
  /** Undefined when the gateway is gone. */
  async function ask<T>(home: string, name: string, argument: unknown): Promise<T | undefined> {
    try {
      return (await calls.ask(home, name, argument, { timeoutMs })) as T;
    } catch (error) {
      if (error instanceof GatewayUnreachableError) return undefined;
      throw error;
    }
  }

  return {
    newToken: () => `${gatewayId}${separator}${randomUUID()}`,
    serve({ url, give }) {
      const answering = [
        calls.answer('stream.give', async (argument) => {
          const { token, owner } = argument as { token: string; owner: string };
          return give(token, owner);
        }),
        calls.answer('stream.pass', (argument) => askLocally(url, argument as PassedRequest)),
      ];
      return { [Symbol.dispose]: () => answering.forEach((each) => void each[Symbol.dispose]()) };
    },
    async take(token, owner) {
      const home = await homeOf(token);
      return home !== undefined && (await ask<boolean>(home, 'stream.give', { token, owner })) === true;
    },
    announce(token) {
      void values.set(keyOf(token), gatewayId, openMs);
      return { [Symbol.dispose]: () => void values.delete(keyOf(token), gatewayId) };
    },
    async passOn(token, incoming, outgoing) {
      if (incoming.headers[passedHeader] !== undefined) return false;
      const home = await homeOf(token);
      if (home === undefined) return false;
      const { method = 'GET', url: path = '/', headers } = incoming;
      const body = Buffer.from(await readBytes(incoming, maxBodyBytes)).toString('base64');
      const passed: PassedRequest = {
        method,
        path,
        headers: { ...endToEnd(headers), [passedHeader]: '1' },
        body,
      };
      const response = await ask<PassedResponse>(home, 'stream.pass', passed);
      if (response === undefined) return false;
      outgoing.writeHead(response.status, response.headers).end(Buffer.from(response.body, 'base64'));
      return true;
    },
  };
}

/** Sends a request to this gateway's own server, so that it passes every guard and limit. */
function askLocally(url: string, { method, path, headers, body }: PassedRequest): Promise<PassedResponse> {
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, url), { method, headers, timeout: timeoutMs }, async (response) => {
      try {
        const content = await buffer(response);
        const { statusCode: status = 502 } = response;
        resolve({ status, headers: endToEnd(response.headers), body: content.toString('base64') });
      } catch (error) {
        reject(error);
      }
    });
    sent.on('timeout', () => sent.destroy(new Error('The gateway did not answer its own request.')));
    sent.on('error', reject).end(Buffer.from(body, 'base64'));
  });
}

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ofConnection.includes(name)));
}
