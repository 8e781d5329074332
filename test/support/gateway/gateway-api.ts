import { type Client, type ClientOptions, createClient } from 'graphql-sse';

/** The result of a GraphQL operation, as a client gets it. */
export interface GraphQLAnswer {
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
  data?: any;
  errors?: { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[];
}

/** What a test does with a gateway over HTTP. */
export interface GatewayApi {
  /** The same API, with this token in every request. */
  as(token: string): GatewayApi;
  /** Executes one operation. Resolves with its result, which may have errors. */
  graphql(document: string, variables?: Record<string, unknown>): Promise<GraphQLAnswer>;
  /** Executes one operation. Resolves with its data; rejects with its first error and the extensions of that error. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
  query(document: string, variables?: Record<string, unknown>): Promise<any>;
  /** The real client of graphql-sse. Default: it does not retry. */
  client(options?: Partial<ClientOptions<boolean>>): Client<boolean>;
  /** Creates a session. Returns its global id. */
  createSession(input?: Record<string, unknown>): Promise<string>;
  /** Sends a prompt. Returns the id of its run when the gateway has acknowledged it. */
  send(input: Record<string, unknown>): Promise<string>;
}

export function gatewayApi(url: string, token?: string): GatewayApi {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const graphql: GatewayApi['graphql'] = async (document, variables = {}) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ query: document, variables }),
    });
    return (await response.json()) as GraphQLAnswer;
  };
  const query: GatewayApi['query'] = async (document, variables) => {
    const { data, errors } = await graphql(document, variables);
    if (errors?.[0]) throw Object.assign(new Error(errors[0].message), errors[0].extensions);
    return data;
  };
  return {
    as: (other) => gatewayApi(url, other),
    graphql,
    query,
    client: (options) =>
      createClient({
        url: `${url}/graphql/stream`,
        headers: () => ({ ...headers }),
        retryAttempts: 0,
        ...options,
      } as ClientOptions<boolean>),
    async createSession(input = {}) {
      const create = 'mutation ($input: CreateSessionInput!) { createSession(input: $input) { id } }';
      return (await query(create, { input })).createSession.id;
    },
    async send(input) {
      const send = 'mutation ($input: ChatInput!) { sendMessage(input: $input) { id } }';
      return (await query(send, { input })).sendMessage.id;
    },
  };
}
