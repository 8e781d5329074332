import type { z } from 'zod';
import { milliseconds, wholeNumber } from './setting-type.ts';

const many = 1_000_000_000;

/**
 * How much one user may ask for where users are known, and nothing else is set. Where they are not, all are one
 * user: there these limits are off.
 */
const ofKnownUsers = {
  MAX_REQUESTS_PER_MINUTE: 3_000,
  MAX_NODE_REQUESTS_PER_MINUTE: 30_000,
  MAX_LIVE_RUNS_PER_USER: 50,
  MAX_FOLLOWERS_PER_USER: 500,
  MAX_STREAMS_PER_USER: 100,
  MAX_NODE_CONNECTIONS_PER_USER: 100,
};

function perUser(name: keyof typeof ofKnownUsers, description: string) {
  return wholeNumber(0, many)
    .optional()
    .meta({
      description: `${description}; 0 for no limit.`,
      defaultInWords: `${ofKnownUsers[name]}; with AUTH=none 0`,
    });
}

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
    .default(60_000)
    .meta({ description: 'Most fields that the answer to a GraphQL document may have, every page full.' }),
  MAX_REQUESTS_PER_MINUTE: perUser(
    'MAX_REQUESTS_PER_MINUTE',
    'Most requests of one user in a minute, or of one address where nobody says who they are',
  ),
  MAX_NODE_REQUESTS_PER_MINUTE: perUser(
    'MAX_NODE_REQUESTS_PER_MINUTE',
    'Most requests of the agent of one node in a minute',
  ),
  MAX_REQUEST_BURST: wholeNumber(1, many)
    .default(600)
    .meta({ description: 'How many of the requests of a minute may come at once.' }),
  MAX_LIVE_RUNS: wholeNumber(1, many)
    .default(2_000)
    .meta({ description: 'Most runs that are answered at once.' }),
  MAX_LIVE_RUNS_PER_USER: perUser(
    'MAX_LIVE_RUNS_PER_USER',
    'Most runs that are answered at once in the sessions of one user',
  ),
  MAX_FOLLOWERS_PER_USER: perUser(
    'MAX_FOLLOWERS_PER_USER',
    'Most subscriptions that one user has open at once',
  ),
  MAX_STREAM_RESERVATIONS: wholeNumber(1, 10_000_000)
    .default(10_000)
    .meta({ description: 'Most event streams (single connection mode) that wait to be opened.' }),
  MAX_STREAMS_PER_USER: perUser(
    'MAX_STREAMS_PER_USER',
    'Most event streams of one user, waiting to be opened or open',
  ),
  MAX_NODE_CONNECTIONS: wholeNumber(1, 1_000_000)
    .default(1_000)
    .meta({ description: 'Most agent nodes that are connected at once.' }),
  MAX_NODE_CONNECTIONS_PER_USER: perUser(
    'MAX_NODE_CONNECTIONS_PER_USER',
    'Most nodes of one user that are connected at once',
  ),
  MAX_EVENT_LOOP_DELAY_MS: milliseconds(0).default(10).meta({
    description:
      'While the event loop is never idle and what comes in waits for longer than this in the mean, new runs are refused until few enough are live; 0 to take them always.',
  }),
  MAX_CONNECTIONS: wholeNumber(1, 1_000_000)
    .default(10_000)
    .meta({ description: 'Most connections at once; more are closed unanswered.' }),
  HEADER_TIMEOUT_MS: milliseconds(1)
    .default(10_000)
    .meta({ description: 'How long a client may take to send the headers of a request.' }),
  BODY_TIMEOUT_MS: milliseconds(1).default(30_000).meta({
    description:
      'A body of which nothing comes for longer is cut, as is one that then comes at less than 500 bytes a second.',
  }),
};

type Limits = z.output<z.ZodObject<typeof limitSettings>> & { AUTH: 'none' | 'token' | 'jwt' };

/** The limits on documents, runs, their followers and the streams that those follow on. */
export function toLimits(env: Limits) {
  return {
    maxQueryDepth: env.MAX_QUERY_DEPTH,
    maxQueryAliases: env.MAX_QUERY_ALIASES,
    maxQueryDirectives: env.MAX_QUERY_DIRECTIVES,
    maxQueryCost: env.MAX_QUERY_COST,
    maxLiveRuns: env.MAX_LIVE_RUNS,
    maxLiveRunsPerUser: ofUser(env, 'MAX_LIVE_RUNS_PER_USER'),
    maxFollowersPerUser: ofUser(env, 'MAX_FOLLOWERS_PER_USER'),
    maxStreamReservations: env.MAX_STREAM_RESERVATIONS,
    maxStreamsPerUser: ofUser(env, 'MAX_STREAMS_PER_USER'),
    maxEventLoopDelayMs: env.MAX_EVENT_LOOP_DELAY_MS,
  };
}

/** The limits on connections. */
export function toConnectionLimits(env: Limits) {
  return {
    maxConnections: env.MAX_CONNECTIONS,
    headerTimeoutMs: env.HEADER_TIMEOUT_MS,
    bodyTimeoutMs: env.BODY_TIMEOUT_MS,
  };
}

/** How many nodes may be connected. */
export function toNodeLimits(env: Limits) {
  return {
    maxConnections: env.MAX_NODE_CONNECTIONS,
    maxConnectionsPerUser: ofUser(env, 'MAX_NODE_CONNECTIONS_PER_USER'),
  };
}

/** How many requests a user and a node may send, by the setting that says so. Undefined: as many as they like. */
export function toRequestLimits(env: Limits) {
  const limit = (name: 'MAX_REQUESTS_PER_MINUTE' | 'MAX_NODE_REQUESTS_PER_MINUTE') => {
    const perMinute = ofUser(env, name);
    return perMinute === 0
      ? undefined
      : { name, size: { perMinute, capacity: Math.min(perMinute, env.MAX_REQUEST_BURST) } };
  };
  return { ofUsers: limit('MAX_REQUESTS_PER_MINUTE'), ofNodes: limit('MAX_NODE_REQUESTS_PER_MINUTE') };
}

/** 0: no limit. */
function ofUser(env: Limits, name: keyof typeof ofKnownUsers): number {
  return env[name] ?? (env.AUTH === 'none' ? 0 : ofKnownUsers[name]);
}
