import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { z } from 'zod';
import { authConflicts, toAuth } from './auth-settings.ts';
import { toConnectionLimits, toLimits, toNodeLimits, toRequestLimits } from './limit-settings.ts';
import { modelConflicts, toModels } from './model-settings.ts';
import { type Environment, environment, settings } from './settings.ts';
import { StartupError } from './startup-error.ts';
import { toWeb } from './web-settings.ts';

/** What the gateway is told from outside, checked. Each value's setting is described in `settings.ts`. */
export type Config = DeepReadonly<ReturnType<typeof toConfig>>;

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

/**
 * Reads the configuration, by default from the process's environment and, for what is not set there, from the
 * file `.env` in the working directory. Blank values count as not set.
 *
 * @throws StartupError with a sentence for every setting that will not do; secret values are not shown.
 */
export function readConfig(env: NodeJS.ProcessEnv = processEnvironment()): Config {
  const given: Record<string, string> = {};
  for (const { name } of settings) {
    const value = env[name]?.trim();
    if (value) given[name] = value;
  }
  const parsed = environment.safeParse(given);
  if (!parsed.success)
    throw new StartupError(parsed.error.issues.map((issue) => complaint(issue, given)).join('\n'));
  const conflicts = [
    ...authConflicts(parsed.data),
    ...modelConflicts(parsed.data),
    ...blobConflicts(parsed.data),
    ...nodeConflicts(parsed.data),
  ];
  if (conflicts.length > 0) throw new StartupError(conflicts.join('\n'));
  return toConfig(parsed.data);
}

/** The environment of this process as it is, for what hands parts of it on to other programs. */
export function ownEnvironment(): NodeJS.ProcessEnv {
  return process.env;
}

function processEnvironment(): NodeJS.ProcessEnv {
  const set = Object.entries(process.env).filter(([, value]) => value?.trim());
  return { ...readEnvFile('.env'), ...Object.fromEntries(set) };
}

function readEnvFile(file: string): NodeJS.ProcessEnv {
  if (!existsSync(file)) return {};
  try {
    return parseEnv(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new StartupError(`The file ${resolve(file)} cannot be read.`, { cause: error });
  }
}

function complaint(issue: z.core.$ZodIssue, given: Record<string, string>): string {
  const name = String(issue.path[0]);
  const shown = settings.some((setting) => setting.name === name && !setting.secret);
  return `${name} ${issue.message}${shown ? `; it is ${JSON.stringify(given[name])}` : ''}.`;
}

function blobConflicts(env: Environment): string[] {
  const isBucket = env.BLOB_URL?.startsWith('s3:') ?? false;
  return (['S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'] as const).flatMap((name) => {
    if (isBucket === (env[name] !== undefined)) return [];
    return isBucket ? `${name} is needed for the bucket.` : `${name} is of no use without an s3: BLOB_URL.`;
  });
}

function nodeConflicts(env: Environment): string[] {
  if (env.DISPATCH_TIMEOUT_MS <= env.MAX_DISPATCH_TIMEOUT_MS) return [];
  return ['DISPATCH_TIMEOUT_MS must not be longer than MAX_DISPATCH_TIMEOUT_MS.'];
}

function toConfig(env: Environment) {
  const dataDir = resolve(env.DATA_DIR);
  return {
    http: { host: env.HOST, port: env.PORT, ...toConnectionLimits(env) },
    requests: toRequestLimits(env),
    auth: toAuth(env),
    dataDir,
    blobs: {
      url: env.BLOB_URL ?? `file:${dataDir}/blobs`,
      accessKeyId: env.S3_ACCESS_KEY_ID,
      secretAccessKey: env.S3_SECRET_ACCESS_KEY,
    },
    redis: env.REDIS_URL === undefined ? undefined : { url: env.REDIS_URL },
    database: { url: env.DATABASE_URL ?? `file:${dataDir}/switchyard.db` },
    models: toModels(env),
    chat: {
      modelIdleTimeoutMs: env.MODEL_IDLE_TIMEOUT_MS,
      modelMaxRetries: env.MODEL_MAX_RETRIES,
      maxSteps: env.MAX_STEPS,
      maxQueuedRuns: env.MAX_QUEUED_RUNS,
      maxPromptBytes: env.MAX_PROMPT_BYTES,
      checkpointMs: env.CHECKPOINT_MS,
      runLogTtlMs: env.RUN_LOG_TTL_MS,
      shutdownGraceMs: env.SHUTDOWN_GRACE_MS,
      toolApprovalTimeoutMs: env.TOOL_APPROVAL_TIMEOUT_MS,
    },
    nodes: {
      heartbeatMs: env.NODE_HEARTBEAT_MS,
      graceMs: env.NODE_GRACE_MS,
      ackMs: env.DISPATCH_ACK_MS,
      timeoutMs: env.DISPATCH_TIMEOUT_MS,
      maxTimeoutMs: env.MAX_DISPATCH_TIMEOUT_MS,
      cancelConfirmMs: env.CANCEL_CONFIRM_MS,
      maxOutputBytes: env.MAX_TOOL_OUTPUT_BYTES,
      maxQueued: env.MAX_QUEUED_DISPATCHES,
      maxNodesPerSession: env.MAX_NODES_PER_SESSION,
      ...toNodeLimits(env),
    },
    limits: {
      maxBodyBytes: env.MAX_BODY_BYTES,
      maxAudioBytes: env.MAX_AUDIO_BYTES,
      maxPageSize: env.MAX_PAGE_SIZE,
      maxQueryTokens: env.MAX_QUERY_TOKENS,
      maxOperationsPerStream: env.MAX_OPERATIONS_PER_STREAM,
      streamReservationTtlMs: env.STREAM_RESERVATION_TTL_MS,
      ...toLimits(env),
    },
    web: toWeb(env),
    log: {
      level: env.LOG_LEVEL,
      format: env.LOG_FORMAT ?? (process.stdout.isTTY ? ('pretty' as const) : ('json' as const)),
    },
  };
}
