import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { gatewayErrorOfResponse, unreachable } from '../../client/errors.ts';
import { late, patienceMs } from './read-response.ts';

export interface PackRequest {
  method: 'POST' | 'PUT';
  url: string;
  contentType: string;
  body: readonly Uint8Array[];
  /** Aborts the request, and its response while that is read. */
  signal: AbortSignal;
}

/** The most bytes of the response to a request that is refused. */
const maxRefusalBytes = 65_536;

/**
 * Makes the requests that carry packs. `fetch` copies each body several times, and took three times the processor time of
 * `node:http` for it.
 */
export class PackClient {
  readonly #token: string;
  readonly #agents = {
    'http:': new HttpAgent({ keepAlive: true }),
    'https:': new HttpsAgent({ keepAlive: true }),
  };

  constructor(token: string) {
    this.#token = token;
  }

  /** @throws GatewayError for a response that is no success; what `node:http` says where there is no response. */
  async request(options: PackRequest): Promise<IncomingMessage> {
    const response = await this.#send(options);
    const { statusCode = 0 } = response;
    if (statusCode >= 200 && statusCode < 300) return response;
    if (statusCode >= 300 && statusCode < 400) {
      response.destroy();
      throw unreachable(new Error('The gateway answers with a redirect, which is not followed.'));
    }
    throw await gatewayErrorOfResponse(await asResponse(response));
  }

  #send({ method, url, contentType, body, signal }: PackRequest): Promise<IncomingMessage> {
    const isSecure = new URL(url).protocol === 'https:';
    const headers = {
      authorization: `Bearer ${this.#token}`,
      'content-type': contentType,
      'content-length': body.reduce((sum, { length }) => sum + length, 0),
    };
    const agent = this.#agents[isSecure ? 'https:' : 'http:'];
    return new Promise((resolve, reject) => {
      const request = (isSecure ? requestHttps : requestHttp)(url, { method, headers, agent, signal });
      request.setTimeout(patienceMs, () => request.destroy(late()));
      request.on('error', reject).on('response', resolve);
      for (const part of body) request.write(part);
      request.end();
    });
  }
}

/** What a refusal says, as `fetch` would give it. */
async function asResponse(response: IncomingMessage): Promise<Response> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > maxRefusalBytes) break;
  }
  const names = ['content-type', 'retry-after'];
  const headers = names.flatMap((name): [string, string][] => {
    const value = response.headers[name];
    return typeof value === 'string' ? [[name, value]] : [];
  });
  return new Response(Buffer.concat(pieces), { status: response.statusCode ?? 0, headers });
}
