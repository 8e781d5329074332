import { createYoga, type YogaLogger } from 'graphql-yoga';
import type { Logger } from 'pino';
import type { Context, Services } from '../../context.ts';
import { schema } from '../../schema/index.ts';
import type { Identify } from '../identify.ts';
import { useUploadStatus } from '../uploads/use-upload-status.ts';
import { graphiqlOptions, renderGraphiQL } from './graphiql.ts';
import { maskError } from './mask-error.ts';
import type { RequestContext } from './request-context.ts';
import { useErrorLog } from './use-error-log.ts';
import { useGraphQLJs } from './use-graphql-js.ts';
import { useMaxItems } from './use-max-items.ts';
import { useMaxTokens } from './use-max-tokens.ts';
import { useRequestParams } from './use-request-params.ts';

export interface GraphQLOptions {
  services: Services;
  identify: Identify;
  log: Logger;
  /** Bytes of a request's body, an upload aside. */
  maxBodyBytes: number;
  /** Bytes of an upload. */
  maxAudioBytes: number;
  /** Tokens of a document. Also keeps documents from nesting deeper than a recursive reader can follow. */
  maxQueryTokens: number;
  /** Largest page of a connection. */
  maxPageSize: number;
}

export type GraphQLServer = ReturnType<typeof createGraphQLServer>;

/** Yoga at `/graphql`: queries, mutations, subscriptions over its own SSE, and GraphiQL. */
export function createGraphQLServer(options: GraphQLOptions) {
  const { services, identify, log, maxQueryTokens, maxPageSize } = options;
  return createYoga<RequestContext, Context>({
    schema,
    context: async ({ request, httpRequestId, signal }) => ({
      ...services,
      ...(await identify(request)),
      signal: signal ?? request.signal,
      log: httpRequestId === undefined ? log : log.child({ httpRequestId }),
    }),
    maskedErrors: { maskError },
    logging: yogaLogger(log),
    plugins: [
      useErrorLog(log),
      useRequestParams(options),
      useUploadStatus(),
      useMaxTokens(maxQueryTokens),
      useMaxItems(maxPageSize),
      useGraphQLJs(),
    ],
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

function yogaLogger(log: Logger): YogaLogger {
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (message: unknown) =>
    message instanceof Error ? log[level]({ err: message }, 'graphql') : log[level](String(message));
  // What Yoga calls an error is one that was masked, and that is in the log by then.
  return { debug: at('debug'), info: at('debug'), warn: at('warn'), error: at('debug') };
}
