import { type Client, type ClientOptions, createClient } from 'graphql-sse';

/** A result as a client of the GraphQL API sees it. */
export interface GraphQLAnswer {
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
  data?: any;
  errors?: { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[];
}

/** What a client does with a gateway whose address it knows. */
export interface GatewayApi {
  /** The same client with a token. */
  as(token: string): GatewayApi;
  /** Executes one operation by plain HTTP. */
  graphql(document: string, variables?: Record<string, unknown>): Promise<GraphQLAnswer>;
  /** The same; rejects when it has errors. Resolves with the data. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
  query(document: string, variables?: Record<string, unknown>): Promise<any>;
  /** The real client of graphql-sse, without retries unless told otherwise. */
  client(options?: Partial<ClientOptions<boolean>>): Client<boolean>;
  /** Creates a session; returns its id. */
  createSession(input?: Record<string, unknown>): Promise<string>;
  /** Sends a prompt; returns the run's id, once the gateway has acknowledged it. */
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
