import { parse } from 'graphql';
import { createYoga, type Plugin, type YogaLogger } from 'graphql-yoga';
import type { Logger } from 'pino';
import type { Context, Services } from '../context.ts';
import { schema } from '../schema/index.ts';
import { graphiqlOptions, renderGraphiQL } from './graphiql.ts';
import { createMaskError } from './mask-error.ts';

export interface GraphQLOptions {
  services: Services;
  log: Logger;
  /** Bytes of a request's body. */
  maxBodyBytes: number;
  /** Tokens of a document. Also keeps documents from nesting deeper than a recursive reader can follow. */
  maxQueryTokens: number;
}

/** What whoever hands over a request knows of it. */
export interface RequestContext {
  requestId?: string;
  /** Aborts when nobody waits for the result any more; the request's own signal unless given. */
  signal?: AbortSignal;
}

export type GraphQLServer = ReturnType<typeof createGraphQLServer>;

/** Yoga at `/graphql`: queries, mutations, subscriptions over its own SSE, and GraphiQL. */
export function createGraphQLServer({ services, log, maxBodyBytes, maxQueryTokens }: GraphQLOptions) {
  return createYoga<RequestContext, Context>({
    schema,
    context: ({ request, requestId, signal }) => ({
      ...services,
      viewer: { userId: 'anonymous' },
      signal: signal ?? request.signal,
      log: requestId === undefined ? log : log.child({ requestId }),
    }),
    maskedErrors: { maskError: createMaskError(log) },
    logging: yogaLogger(log),
    maxRequestBodySize: maxBodyBytes,
    plugins: [useMaxTokens(maxQueryTokens)],
    graphiql: graphiqlOptions,
    renderGraphiQL,
    batching: false,
    // graphql-upload-ts streams uploads; Yoga's own reader would hold them in memory.
    multipart: false,
    landingPage: false,
    cors: false,
  });
}

function useMaxTokens(maxTokens: number): Plugin {
  return {
    onParse: ({ setParseFn }) => setParseFn((source, options) => parse(source, { ...options, maxTokens })),
  };
}

function yogaLogger(log: Logger): YogaLogger {
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (message: unknown) =>
    message instanceof Error ? log[level]({ err: message }, 'graphql') : log[level](String(message));
  return { debug: at('debug'), info: at('debug'), warn: at('warn'), error: at('error') };
}
