import type { IncomingMessage } from 'node:http';
import { GraphQLError, parse } from 'graphql';
import { createYoga, type Plugin, type YogaLogger } from 'graphql-yoga';
import type { Logger } from 'pino';
import type { Context, Services } from '../context.ts';
import { schema } from '../schema/index.ts';
import { graphiqlOptions, renderGraphiQL } from './graphiql.ts';
import { createMaskError } from './mask-error.ts';
import { useRequestParams } from './request-params.ts';

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
  /** Where the body is read from; absent for what is executed in process. */
  incoming?: IncomingMessage;
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
    plugins: [useRequestParams(maxBodyBytes), useMaxTokens(maxQueryTokens)],
    maxRequestBodySize: false,
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
    onParse: ({ setParseFn }) =>
      setParseFn((source, options) => {
        try {
          return parse(source, { ...options, maxTokens });
        } catch (error) {
          // The parser is recursive: few tokens can be too deep for the stack.
          if (!(error instanceof RangeError)) throw error;
          throw new GraphQLError('The document is nested too deeply.');
        }
      }),
  };
}

function yogaLogger(log: Logger): YogaLogger {
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (message: unknown) =>
    message instanceof Error ? log[level]({ err: message }, 'graphql') : log[level](String(message));
  // What Yoga calls an error is one that was masked, and that is in the log by then.
  return { debug: at('debug'), info: at('debug'), warn: at('warn'), error: at('debug') };
}
