import type { z } from 'zod';
import { maxCount, milliseconds, wholeNumber } from './setting-type.ts';

/**
 * The defaults of the limits on users. With AUTH=none these limits are off, because all clients then count as one
 * user.
 */
const ofKnownUsers = {
  MAX_REQUESTS_PER_MINUTE: 3_000,
  MAX_NODE_REQUESTS_PER_MINUTE: 30_000,
  MAX_LIVE_RUNS_PER_USER: 50,
  MAX_FOLLOWERS_PER_USER: 500,
  MAX_STREAMS_PER_USER: 100,
  MAX_NODE_CONNECTIONS_PER_USER: 100,
  MAX_SESSIONS_PER_USER: 100_000,
  MAX_NODES_PER_USER: 1_000,
  MAX_STORED_BYTES_PER_USER: 10_737_418_240,
  MIN_FREE_DISK_BYTES: 1_073_741_824,
};

function perUser(name: keyof typeof ofKnownUsers, description: string, most = maxCount) {
  return wholeNumber(0, most)
    .optional()
    .meta({
      description: `${description}; 0 for no limit.`,
      defaultInWords: `${ofKnownUsers[name]}; with AUTH=none 0`,
    });
}

/** How much one client, and all clients together, may use at once. */
export const limitSettings = {
  MAX_OPERATIONS_PER_STREAM: wholeNumber(1, 100_000)
    .default(100)
    .meta({ description: 'Most operations that may run at once on one event stream or WebSocket.' }),
  STREAM_RESERVATION_TTL_MS: milliseconds(1)
    .default(15_000)
    .meta({ description: 'How long a reserved event stream may stay unopened.' }),
  STREAM_TICKET_TTL_MS: milliseconds(1, 3_600_000)
    .default(300_000)
    .meta({ description: 'How long a stream ticket opens the stream of its run.' }),
  MAX_REQUESTS_PER_MINUTE: perUser(
    'MAX_REQUESTS_PER_MINUTE',
    'Most requests per minute of one user, or of one address if the user is not known. A GraphQL document or an event of a subscription counts as one more for each 1,000 of its cost',
  ),
  MAX_NODE_REQUESTS_PER_MINUTE: perUser(
    'MAX_NODE_REQUESTS_PER_MINUTE',
    'Most requests per minute of the agent of one node',
  ),
  MAX_REQUEST_BURST: wholeNumber(1, maxCount)
    .default(600)
    .meta({ description: 'How many of the requests allowed per minute may come at once.' }),
  MAX_LIVE_RUNS: wholeNumber(1, maxCount)
    .default(2_000)
    .meta({ description: 'Most runs that may be live at once.' }),
  MAX_LIVE_RUNS_PER_USER: perUser(
    'MAX_LIVE_RUNS_PER_USER',
    'Most runs that may be live at once in the sessions of one user',
  ),
  MAX_FOLLOWERS_PER_USER: perUser(
    'MAX_FOLLOWERS_PER_USER',
    'Most subscriptions that one user may have open at once',
  ),
  MAX_STREAM_RESERVATIONS: wholeNumber(1, 10_000_000).default(10_000).meta({
    description: 'Most event streams (single connection mode) that may be reserved and not yet opened.',
  }),
  MAX_STREAMS_PER_USER: perUser(
    'MAX_STREAMS_PER_USER',
    'Most event streams of one user, both reserved and open, and as many WebSockets',
  ),
  MAX_NODE_CONNECTIONS: wholeNumber(1, 1_000_000)
    .default(1_000)
    .meta({ description: 'Most agent nodes that may be connected at once.' }),
  MAX_NODE_CONNECTIONS_PER_USER: perUser(
    'MAX_NODE_CONNECTIONS_PER_USER',
    'Most nodes of one user that may be connected at once',
  ),
  MAX_SESSIONS_PER_USER: perUser('MAX_SESSIONS_PER_USER', 'Most sessions of one user'),
  MAX_MESSAGES_PER_SESSION: wholeNumber(0, maxCount)
    .default(100_000)
    .meta({ description: 'Most messages, prompts and answers, in one session; 0 for no limit.' }),
  MAX_NODES_PER_USER: perUser(
    'MAX_NODES_PER_USER',
    'Most agent nodes of one user, both registered and only named',
  ),
  MAX_STORED_BYTES_PER_USER: perUser(
    'MAX_STORED_BYTES_PER_USER',
    'Most bytes that the sessions of one user store: titles, system prompts, prompts, answers, tool calls, recordings, attachments and the files of workspaces',
    1_000_000_000_000,
  ),
  MAX_WORKSPACE_FILES: wholeNumber(1, 1_000_000)
    .default(100_000)
    .meta({ description: 'Most files and symbolic links in the workspace of one session.' }),
  MAX_WORKSPACE_FILE_BYTES: wholeNumber(1, 2_000_000_000)
    .default(1_073_741_824)
    .meta({ description: 'Largest file of a workspace, in bytes.' }),
  MAX_WORKSPACE_BYTES: wholeNumber(1, 1_000_000_000_000)
    .default(10_737_418_240)
    .meta({ description: 'Most bytes of all files in the workspace of one session.' }),
  MIN_FREE_DISK_BYTES: perUser(
    'MIN_FREE_DISK_BYTES',
    'When less than this is free on the disk of the database, users who have stored more than their share are refused: at half of it, more than half of MAX_STORED_BYTES_PER_USER, and so on',
    1_000_000_000_000,
  ),
  MAX_EVENT_LOOP_DELAY_MS: milliseconds(0).default(10).meta({
    description:
      'New runs are refused when the event loop is never idle and incoming work waits longer than this on average; 0 for no such limit.',
  }),
  MAX_CONNECTIONS: wholeNumber(1, 1_000_000)
    .default(10_000)
    .meta({ description: 'Most open connections. Further connections are closed without an answer.' }),
  HEADER_TIMEOUT_MS: milliseconds(1)
    .default(10_000)
    .meta({ description: 'How long a client may take to send the headers of a request.' }),
  BODY_TIMEOUT_MS: milliseconds(1).default(30_000).meta({
    description:
      'A request is cut off when no byte of its body comes for this long, or when its body then comes at less than 500 bytes per second.',
  }),
  RESPONSE_TIMEOUT_MS: milliseconds(1).default(30_000).meta({
    description:
      'A connection is closed when its client reads nothing of a response for this long, or when it then reads less than 500 bytes per second.',
  }),
};

type Limits = z.output<z.ZodObject<typeof limitSettings>> & { AUTH: 'none' | 'token' | 'jwt' };

/** The limits on runs, followers and event streams. */
export function toLimits(env: Limits) {
  return {
    maxOperationsPerStream: env.MAX_OPERATIONS_PER_STREAM,
    streamReservationTtlMs: env.STREAM_RESERVATION_TTL_MS,
    streamTicketTtlMs: env.STREAM_TICKET_TTL_MS,
    maxLiveRuns: env.MAX_LIVE_RUNS,
    maxLiveRunsPerUser: ofUser(env, 'MAX_LIVE_RUNS_PER_USER'),
    maxFollowersPerUser: ofUser(env, 'MAX_FOLLOWERS_PER_USER'),
    maxStreamReservations: env.MAX_STREAM_RESERVATIONS,
    maxStreamsPerUser: ofUser(env, 'MAX_STREAMS_PER_USER'),
    maxEventLoopDelayMs: env.MAX_EVENT_LOOP_DELAY_MS,
  };
}

/** The limits on connections of clients. */
export function toConnectionLimits(env: Limits) {
  return {
    maxConnections: env.MAX_CONNECTIONS,
    headerTimeoutMs: env.HEADER_TIMEOUT_MS,
    bodyTimeoutMs: env.BODY_TIMEOUT_MS,
    responseTimeoutMs: env.RESPONSE_TIMEOUT_MS,
  };
}

/** The limits on connected nodes. */
export function toNodeLimits(env: Limits) {
  return {
    maxConnections: env.MAX_NODE_CONNECTIONS,
    maxConnectionsPerUser: ofUser(env, 'MAX_NODE_CONNECTIONS_PER_USER'),
  };
}

/** The limits on what is stored. */
export function toQuotas(env: Limits) {
  return {
    maxSessionsPerUser: ofUser(env, 'MAX_SESSIONS_PER_USER'),
    maxMessagesPerSession: env.MAX_MESSAGES_PER_SESSION,
    maxNodesPerUser: ofUser(env, 'MAX_NODES_PER_USER'),
    maxStoredBytesPerUser: ofUser(env, 'MAX_STORED_BYTES_PER_USER'),
    minFreeDiskBytes: ofUser(env, 'MIN_FREE_DISK_BYTES'),
  };
}

/** How much the workspace of one session may have. */
export function toWorkspaceLimits(env: Limits) {
  return {
    maxFiles: env.MAX_WORKSPACE_FILES,
    maxFileBytes: env.MAX_WORKSPACE_FILE_BYTES,
    maxBytes: env.MAX_WORKSPACE_BYTES,
  };
}

/** How many requests a user and a node may send, with the name of the setting. Undefined: no limit. */
export function toRequestLimits(env: Limits) {
  const limit = (name: 'MAX_REQUESTS_PER_MINUTE' | 'MAX_NODE_REQUESTS_PER_MINUTE') => {
    const perMinute = ofUser(env, name);
    return perMinute === 0
      ? undefined
      : { name, size: { perMinute, capacity: Math.min(perMinute, env.MAX_REQUEST_BURST) } };
  };
  return { ofUsers: limit('MAX_REQUESTS_PER_MINUTE'), ofNodes: limit('MAX_NODE_REQUESTS_PER_MINUTE') };
}

/** Returns a limit per user; 0: no limit. */
function ofUser(env: Limits, name: keyof typeof ofKnownUsers): number {
  return env[name] ?? (env.AUTH === 'none' ? 0 : ofKnownUsers[name]);
}
