import type { z } from 'zod';
import { milliseconds, wholeNumber } from './setting-type.ts';

const many = 1_000_000_000;

/** What one client, or all of them together, may ask for. */
export const limitSettings = {
  MAX_QUERY_DEPTH: wholeNumber(1, 1_000)
    .default(15)
    .meta({ description: 'Deepest GraphQL document, in fields within each other.' }),
  MAX_QUERY_ALIASES: wholeNumber(0, many).default(30).meta({
    description: 'Most aliases in a GraphQL document, those of a fragment at every place it is used.',
  }),
  MAX_QUERY_DIRECTIVES: wholeNumber(0, many)
    .default(50)
    .meta({ description: 'Most directives in a GraphQL document.' }),
  MAX_QUERY_COST: wholeNumber(1, many)
    .default(100_000)
    .meta({ description: 'Most fields that the answer to a GraphQL document may have, every page full.' }),
  MAX_REQUESTS_PER_MINUTE: wholeNumber(0, many)
    .default(0)
    .meta({ description: 'Most requests of one client in a minute; 0 for no limit.' }),
  MAX_LIVE_RUNS: wholeNumber(1, many)
    .default(2_000)
    .meta({ description: 'Most runs that are answered at once.' }),
  MAX_LIVE_RUNS_PER_USER: wholeNumber(0, many).default(0).meta({
    description: 'Most runs that are answered at once in the sessions of one user; 0 for no limit.',
  }),
  MAX_FOLLOWERS_PER_USER: wholeNumber(0, many)
    .default(0)
    .meta({ description: 'Most subscriptions that one user has open at once; 0 for no limit.' }),
  MAX_NODE_CONNECTIONS: wholeNumber(1, 1_000_000)
    .default(1_000)
    .meta({ description: 'Most agent nodes that are connected at once.' }),
  MAX_EVENT_LOOP_DELAY_MS: milliseconds(0)
    .default(1_000)
    .meta({ description: 'No new runs while the gateway answers later than this; 0 to take them always.' }),
  MAX_CONNECTIONS: wholeNumber(1, 1_000_000)
    .default(10_000)
    .meta({ description: 'Most connections at once; more are closed unanswered.' }),
  HEADER_TIMEOUT_MS: milliseconds(1)
    .default(10_000)
    .meta({ description: 'How long a client may take to send the headers of a request.' }),
  BODY_TIMEOUT_MS: milliseconds(1)
    .default(30_000)
    .meta({ description: 'A body of which nothing comes for longer is cut.' }),
};

type Limits = z.output<z.ZodObject<typeof limitSettings>>;

/** The limits on documents, runs and their followers. */
export function toLimits(env: Limits) {
  return {
    maxQueryDepth: env.MAX_QUERY_DEPTH,
    maxQueryAliases: env.MAX_QUERY_ALIASES,
    maxQueryDirectives: env.MAX_QUERY_DIRECTIVES,
    maxQueryCost: env.MAX_QUERY_COST,
    maxLiveRuns: env.MAX_LIVE_RUNS,
    maxLiveRunsPerUser: env.MAX_LIVE_RUNS_PER_USER,
    maxFollowersPerUser: env.MAX_FOLLOWERS_PER_USER,
    maxEventLoopDelayMs: env.MAX_EVENT_LOOP_DELAY_MS,
  };
}

/** The limits on connections and requests. */
export function toConnectionLimits(env: Limits) {
  return {
    maxRequestsPerMinute: env.MAX_REQUESTS_PER_MINUTE,
    maxConnections: env.MAX_CONNECTIONS,
    headerTimeoutMs: env.HEADER_TIMEOUT_MS,
    bodyTimeoutMs: env.BODY_TIMEOUT_MS,
  };
}
