import { type Client, type ClientOptions, createClient } from 'graphql-sse';
import { readConfig } from '../../src/config.ts';
import type { Services } from '../../src/context.ts';
import { type GatewayParts, startGateway } from '../../src/gateway.ts';
import { createLog } from '../../src/log.ts';
import { openTemporaryFolder } from './temporary-folder.ts';

/** A result as a client of the GraphQL API sees it. */
export interface GraphQLAnswer {
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
  data?: any;
  errors?: { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[];
}

export interface TestGateway extends AsyncDisposable {
  url: string;
  services: Services;
  /** Executes one operation by plain HTTP. */
  graphql(query: string, variables?: Record<string, unknown>): Promise<GraphQLAnswer>;
  /** The real client of graphql-sse, without retries unless told otherwise. */
  client(options?: Partial<ClientOptions<boolean>>): Client<boolean>;
  /** Creates a session; returns its id. */
  createSession(input?: Record<string, unknown>): Promise<string>;
  /** Calls the REST API; the path begins behind `/api/v1`. */
  rest(path: string, init?: RequestInit): Promise<Response>;
}

export interface TestGatewayOptions extends GatewayParts {
  /** As in the environment. The demo model does not dawdle, and only failures are logged. */
  settings?: Record<string, string>;
  /** Where the data is. Default: a new folder, gone with the gateway. */
  dataDir?: string;
}

/** A gateway in this process, on a free port. */
export async function startTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const { settings, dataDir, ...parts } = options;
  const folder = dataDir === undefined ? await openTemporaryFolder() : undefined;
  const config = readConfig({
    PORT: '0',
    DATA_DIR: dataDir ?? folder?.path,
    DEMO_DELAY_MS: '0',
    LOG_LEVEL: 'silent',
    SHUTDOWN_GRACE_MS: '0',
    ...settings,
  });
  const gateway = await startGateway(config, createLog(config.log), parts);
  const { url, services } = gateway;
  const graphql: TestGateway['graphql'] = async (query, variables = {}) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    return (await response.json()) as GraphQLAnswer;
  };
  return {
    url,
    services,
    graphql,
    client: (clientOptions) =>
      createClient({
        url: `${url}/graphql/stream`,
        retryAttempts: 0,
        ...clientOptions,
      } as ClientOptions<boolean>),
    async createSession(input = {}) {
      const create = 'mutation ($input: CreateSessionInput!) { createSession(input: $input) { id } }';
      const { data, errors } = await graphql(create, { input });
      if (errors) throw new Error(errors[0]?.message);
      return data.createSession.id;
    },
    rest: (path, init) => fetch(`${url}/api/v1${path}`, init),
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await folder?.[Symbol.asyncDispose]();
    },
  };
}
