import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createAnthropicFormat } from './anthropic.ts';
import type { CreateFormat, FormatName } from './format.ts';
import { createGoogleFormat } from './google.ts';
import { createOpenAIFormat } from './openai.ts';
import { createOpenAIResponsesFormat } from './openai-responses.ts';
import { playTurn } from './play.ts';
import { deferred, type Turn, usage } from './turn.ts';

/** A request that the model server got. */
export interface ModelRequest {
  format: FormatName;
  path: string;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
  /** The body as it was sent. */
  text: string;
  /** Resolves if the client closes the connection before the response has ended. */
  aborted: Promise<void>;
}

export interface ModelServerOptions {
  /** Writes responses in pieces of this many bytes, which splits frames and characters. */
  chunkBytes?: number;
}

export interface ModelServer extends AsyncDisposable {
  /** Base addresses for the provider packages. */
  readonly openaiUrl: string;
  readonly anthropicUrl: string;
  readonly googleUrl: string;
  /** All requests so far, oldest first, without `GET /models`. */
  readonly requests: readonly ModelRequest[];
  /** The number of `GET /models` requests so far. */
  readonly listings: number;
  /** The number of connections that were opened so far. */
  readonly connections: number;
  /** The next requests get these turns, one each, in the order of their arrival. */
  script(...turns: Turn[]): void;
  /** Responds to requests for which no scripted turn is left. Without it they get 400. */
  otherwise(answer: (request: ModelRequest) => Turn): void;
  /** Serves these models as `data` of `GET /models`, or as a bare list. Without it `GET /models` gets 404. */
  serveModels(models: readonly object[], options?: { isBare?: boolean }): void;
  /** Answers Ollama's own API (`/api/version`, `/api/show`, `/api/ps`) with these texts. Without it, it gets 404. */
  serveOllama(answers: Readonly<Record<string, string>>): void;
  /** Waits for the request with this index, counted from 0. */
  request(index: number): Promise<ModelRequest>;
  /** Forgets all requests and scripted turns, so that the next test of a file begins with a new server. */
  reset(options?: ModelServerOptions): void;
}

const formats: Record<FormatName, CreateFormat> = {
  openai: createOpenAIFormat,
  'openai-responses': createOpenAIResponsesFormat,
  anthropic: createAnthropicFormat,
  google: createGoogleFormat,
};

/**
 * A scripted model on a free port of 127.0.0.1, speaking OpenAI's Chat Completions and Responses, Anthropic's Messages
 * and Google's streamGenerateContent. The functions of turn.ts make the steps of a turn:
 *
 *     await using server = await startModelServer();
 *     const gate = createGate();
 *     server.script([text('Hel'), gate, text('lo')], [status(429)]);
 */
export async function startModelServer(options: ModelServerOptions = {}): Promise<ModelServer> {
  let { chunkBytes = Number.POSITIVE_INFINITY } = options;
  const turns: Turn[] = [];
  const book = createRequestBook();
  let fallback: ((request: ModelRequest) => Turn) | undefined;
  let models: object | undefined;
  let listings = 0;
  let ollama: Readonly<Record<string, string>> = {};

  const http = await listen(async (incoming, response) => {
    if (incoming.url?.startsWith('/api/')) {
      const answer = ollama[incoming.url];
      response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' });
      response.end(answer ?? '404 page not found');
      return;
    }
    if (incoming.method === 'GET') {
      listings += 1;
      response.writeHead(models ? 200 : 404, { 'content-type': 'application/json' });
      response.end(JSON.stringify(models ?? {}));
      return;
    }
    const { gone, aborted } = watchClient(response);
    const request = { ...(await readRequest(incoming)), aborted };
    book.add(request);
    const turn = turns.shift() ?? fallback?.(request) ?? [unscripted];
    const tokens = turn.find((step) => step.type === 'usage') ?? usage({ input: 10, output: 5 });
    const format = formats[request.format](String(request.body['model'] ?? 'model'), tokens);
    await playTurn(turn, format, response, { chunkBytes, gone });
  });

  return {
    openaiUrl: `${http.origin}/v1`,
    anthropicUrl: `${http.origin}/v1`,
    googleUrl: `${http.origin}/v1beta`,
    requests: book.requests,
    get listings() {
      return listings;
    },
    get connections() {
      return http.connections();
    },
    script: (...more) => void turns.push(...more),
    otherwise(answer) {
      fallback = answer;
    },
    serveModels(served, { isBare = false } = {}) {
      models = isBare ? served : { object: 'list', data: served };
    },
    serveOllama(answers) {
      ollama = answers;
    },
    request: book.request,
    reset(next = {}) {
      book.clear();
      turns.length = 0;
      fallback = undefined;
      chunkBytes = next.chunkBytes ?? Number.POSITIVE_INFINITY;
    },
    [Symbol.asyncDispose]: http.close,
  };
}

/** Keeps the requests by their index, and lets a test wait for one that has not come yet. */
function createRequestBook() {
  const requests: ModelRequest[] = [];
  const awaited = new Map<number, ((request: ModelRequest) => void)[]>();
  return {
    requests,
    add(request: ModelRequest) {
      const index = requests.push(request) - 1;
      for (const resolve of awaited.get(index) ?? []) resolve(request);
    },
    async request(index: number) {
      const known = requests[index];
      if (known !== undefined) return known;
      return new Promise<ModelRequest>((resolve) => {
        awaited.set(index, [...(awaited.get(index) ?? []), resolve]);
      });
    },
    clear() {
      requests.length = 0;
      awaited.clear();
    },
  };
}

/** Serves on a free port of 127.0.0.1. Closing breaks open connections and waits until all handlers have ended. */
async function listen(handle: (incoming: IncomingMessage, response: ServerResponse) => Promise<void>) {
  const handling = new Set<Promise<void>>();
  let connections = 0;
  const server = createServer((incoming, response) => {
    const handled = handle(incoming, response).catch(
      (error: unknown) => void response.destroy(asError(error)),
    );
    handling.add(handled);
    void handled.finally(() => handling.delete(handled));
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await Promise.all(handling);
    },
  };
}

const unscripted: Turn[number] = {
  type: 'status',
  status: 400,
  headers: {},
  body: undefined,
  error: { message: 'No turn is scripted for this request.' },
};

function watchClient(response: ServerResponse): { gone: AbortSignal; aborted: Promise<void> } {
  const client = new AbortController();
  const { promise, resolve } = deferred();
  response.once('close', () => {
    const leftEarly = !response.writableEnded && response.errored === null;
    client.abort();
    if (leftEarly) resolve();
  });
  return { gone: client.signal, aborted: promise };
}

async function readRequest(incoming: IncomingMessage): Promise<Omit<ModelRequest, 'aborted'>> {
  const path = incoming.url ?? '/';
  const sent = await text(incoming);
  const body = JSON.parse(sent) as Record<string, unknown>;
  return { format: formatOf(path), path, headers: incoming.headers, body, text: sent };
}

function formatOf(path: string): FormatName {
  if (path.includes(':streamGenerateContent')) return 'google';
  if (path.endsWith('/messages')) return 'anthropic';
  return path.endsWith('/responses') ? 'openai-responses' : 'openai';
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
