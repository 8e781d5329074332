import { createYoga, type YogaLogger } from 'graphql-yoga';
import type { Logger } from 'pino';
import type { Context, Services } from '../../context.ts';
import type { ResultLimits } from '../../limits/result-budget.ts';
import { schema } from '../../schema/index.ts';
import type { RequestAccounts } from '../guards/rate-limit.ts';
import type { AutomaticQueries } from '../request/automatic-queries.ts';
import type { Identify } from '../request/identify.ts';
import { maskError } from '../request/mask-error.ts';
import type { RequestContext } from '../request/request-context.ts';
import type { RequestIds } from '../request/request-ids.ts';
import type { UploadOptions } from '../uploads/read-upload.ts';
import { useUploadStatus } from '../uploads/use-upload-status.ts';
import { createOperationCost } from './budget/operation-cost.ts';
import { type KnownDocuments, useKnownDocuments } from './known-documents.ts';
import { copyContext, createOperationContext } from './operation-context.ts';
import { useAcceptable } from './plugins/use-acceptable.ts';
import { useAutomaticQueries } from './plugins/use-automatic-queries.ts';
import { useErrorLog } from './plugins/use-error-log.ts';
import { useGraphQLJs } from './plugins/use-graphql-js.ts';
import { useIntrospectionOff } from './plugins/use-introspection-off.ts';
import { useLongIntegers } from './plugins/use-long-integers.ts';
import { type CostLimits, useMaxCost } from './plugins/use-max-cost.ts';
import { type ShapeLimits, useMaxShape } from './plugins/use-max-shape.ts';
import { useMaxTokens } from './plugins/use-max-tokens.ts';
import { usePostOnly } from './plugins/use-post-only.ts';
import { useRequestFacts } from './plugins/use-request-facts.ts';
import { useRequestParams } from './plugins/use-request-params.ts';
import { useUnconditionalRootField } from './plugins/use-unconditional-root-field.ts';
import { StreamEncoder } from './stream-encoder.ts';

export interface GraphQLOptions extends ShapeLimits, CostLimits, ResultLimits, UploadOptions {
  services: Services;
  identify: Identify;
  log: Logger;
  accounts: RequestAccounts;
  requestIds: Pick<RequestIds, 'addressOf'>;
  /** Most tokens of a document. The limit also keeps most documents from nesting too deeply for recursive visitors. */
  maxQueryTokens: number;
  /** Remembers the documents that clients send with their hash. Default: nothing is remembered. */
  documents?: Partial<AutomaticQueries> | undefined;
  /** Gets the documents that are valid. Default: nothing is remembered. */
  knownDocuments?: KnownDocuments | undefined;
  /** Whether clients may ask for the schema. */
  introspection: boolean;
}

export type GraphQLServer = ReturnType<typeof createGraphQLServer>;

/** Yoga at `/graphql`: queries, mutations, and subscriptions over its own SSE. */
export function createGraphQLServer(options: GraphQLOptions) {
  const { services, log, maxQueryTokens, maxPageSize, introspection, documents, knownDocuments } = options;
  const createContext = createOperationContext({ ...options, limits: options });
  return createYoga<RequestContext, Context>({
    schema,
    context: async ({ request, sentRequest = request, httpRequestId, signal = request.signal }) =>
      copyContext(await createContext(sentRequest, { httpRequestId, signal }), services),
    maskedErrors: { maskError },
    logging: yogaLogger(log),
    plugins: [
      useErrorLog(log),
      useRequestFacts(),
      useRequestParams(options),
      useUploadStatus(),
      useMaxTokens(maxQueryTokens),
      useMaxShape(options),
      useMaxCost(options),
      useUnconditionalRootField(),
      ...(documents?.remember ? [useAutomaticQueries(documents.remember)] : []),
      ...(introspection ? [] : [useIntrospectionOff()]),
      ...(knownDocuments ? [useKnownDocuments(knownDocuments)] : []),
      usePostOnly(schema),
      useGraphQLJs(createOperationCost(maxPageSize)),
      useLongIntegers(),
      useAcceptable(),
    ],
    fetchAPI: { TextEncoder: StreamEncoder },
    maxRequestBodySize: false,
    graphiql: false,
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
  // Yoga logs the errors that it masks at level `error`. `useErrorLog` has logged them already.
  return { debug: at('debug'), info: at('debug'), warn: at('warn'), error: at('debug') };
}
