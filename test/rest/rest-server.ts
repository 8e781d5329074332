import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { allowOrigins } from '../../src/http/guards/cors.ts';
import { createDocsPage } from '../../src/http/pages/docs-page.ts';
import { readBytes } from '../../src/http/request/read-body.ts';
import { anonymous } from '../../src/identity/viewer.ts';
import { createRestApi, type RestApiOptions } from '../../src/rest/handler.ts';
import type { Executor } from '../../src/schema/executor.ts';
import type { GraphqlDouble } from './graphql-double.ts';

export interface RestServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  origin: string;
  /** The parsed lines of the log. */
  logged: { msg: string; err?: { message: string }; fields?: string[] }[];
  /** Sends a request to a path below `/api/v1`. The body is sent as JSON. */
  request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
}

/** Serves the REST API and its documentation over HTTP, mounted as in a gateway. */
export async function startRestServer(
  executor: Executor,
  options: Partial<RestApiOptions> = {},
): Promise<RestServer> {
  const logged: RestServer['logged'] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => logged.push(JSON.parse(line)) });
  const api = createRestApi({
    executor,
    identify: () => Promise.resolve({ viewer: anonymous }),
    openUpload: () => Promise.reject(new Error('There are no recordings.')),
    log,
    note: () => {},
    readBody: (incoming) => readBytes(incoming, 10_000),
    maxAudioBytes: 1_000_000,
    maxAttachmentBytes: 1_000_000,
    maxPageSize: 100,
    maxListItems: 250,
    ...options,
  });
  const docs = createDocsPage();
  const share = allowOrigins(['https://app.example']);
  const answer = async (request: Request, env: HttpBindings) => {
    const path = new URL(request.url).pathname;
    await share({ request, ...env, path });
    const response = await (path.startsWith('/docs') ? docs : api).fetch(request, env);
    // Hono copies the response of a route that has written its own, and the copy would be written again.
    return env.outgoing.headersSent ? RESPONSE_ALREADY_SENT : response;
  };
  const server = createServer(getRequestListener((request, env) => answer(request, env as HttpBindings)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    logged,
    request: (method, path, body, headers = {}) =>
      fetch(`${origin}/api/v1${path}`, {
        method,
        headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Starts one server for all tests of a file. Each test starts with an empty script and an empty log. */
export function useRestServer(graphql: GraphqlDouble): Omit<RestServer, keyof AsyncDisposable> {
  let server: RestServer;
  beforeAll(async () => {
    server = await startRestServer(graphql);
  });
  beforeEach(() => {
    graphql.script({});
    server.logged.length = 0;
  });
  afterAll(() => server[Symbol.asyncDispose]());
  return {
    get origin() {
      return server.origin;
    },
    get logged() {
      return server.logged;
    },
    request: (...args) => server.request(...args),
  };
}
