import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { z } from 'zod';
import { toAttachments } from './attachment-settings.ts';
import { authConflicts, toAuth } from './auth-settings.ts';
import { budgetConflicts, toBudgets } from './budget-settings.ts';
import { toChat } from './chat-settings.ts';
import {
  toConnectionLimits,
  toLimits,
  toNodeLimits,
  toQuotas,
  toRequestLimits,
  toWorkspaceLimits,
} from './limit-settings.ts';
import { toMetrics } from './metrics-settings.ts';
import { modelConflicts, toModels } from './model-settings.ts';
import { nodeConflicts, toNodes } from './node-settings.ts';
import { toPrices } from './price-settings.ts';
import { proxySettings } from './proxy-settings.ts';
import { toRequestSizes } from './request-settings.ts';
import { type Environment, environment, settings } from './settings.ts';
import { StartupError } from './startup-error.ts';
import { storageConflicts, toRedis } from './storage-settings.ts';
import { toTraces } from './trace-settings.ts';
import { findUnknownSettings, type UnknownSetting } from './unknown-settings.ts';
import { toWeb } from './web-settings.ts';

/** The checked configuration of a gateway. README.md beside this file describes each setting. */
export type Config = DeepReadonly<ReturnType<typeof toConfig>>;

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

/**
 * Reads the configuration. By default it comes from the environment of this process; a variable that is not set
 * there is read from the file `.env` in the working directory. Blank values count as not set.
 *
 * @throws StartupError with a sentence for each invalid setting. Secret values are not shown.
 */
export function readConfig(env: NodeJS.ProcessEnv = processEnvironment()): Config {
  const given: Record<string, string> = {};
  for (const { name } of settings) {
    // curl and other programs also read the names of the proxies in small letters.
    const value = env[name]?.trim() || (name in proxySettings && env[name.toLowerCase()]?.trim());
    if (value) given[name] = value;
  }
  const parsed = environment.safeParse(given);
  if (!parsed.success)
    throw new StartupError(parsed.error.issues.map((issue) => complaint(issue, given)).join('\n'));
  const conflicts = [
    ...authConflicts(parsed.data),
    ...modelConflicts(parsed.data),
    ...budgetConflicts(parsed.data),
    ...storageConflicts(parsed.data),
    ...nodeConflicts(parsed.data),
  ];
  if (conflicts.length > 0) throw new StartupError(conflicts.join('\n'));
  return toConfig(parsed.data);
}

/** The whole environment of this process, for code that starts other programs and passes parts of it on. */
export function ownEnvironment(): NodeJS.ProcessEnv {
  return process.env;
}

/** The variables of this process and of the file `.env` whose names look like settings, but are not known. */
export function unknownSettings(): UnknownSetting[] {
  return findUnknownSettings(process.env, readEnvFile('.env'));
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
  // A setting may be JSON: then the path goes on within it.
  const place = issue.path.filter((step) => typeof step === 'string').join('.');
  return `${place} ${issue.message}${shown ? `; it is ${JSON.stringify(given[name])}` : ''}.`;
}

function toConfig(env: Environment) {
  const dataDir = resolve(env.DATA_DIR);
  return {
    http: { host: env.HOST, port: env.PORT, ...toConnectionLimits(env) },
    requests: toRequestLimits(env),
    auth: toAuth(env),
    auditRetentionDays: env.AUDIT_RETENTION_DAYS,
    dataDir,
    blobs: {
      url: env.BLOB_URL ?? `file:${dataDir}/blobs`,
      accessKeyId: env.S3_ACCESS_KEY_ID,
      secretAccessKey: env.S3_SECRET_ACCESS_KEY,
    },
    redis: toRedis(env),
    database: {
      url: env.DATABASE_URL ?? `file:${dataDir}/switchyard.db`,
      connections: env.DATABASE_CONNECTIONS,
      timeoutMs: env.DATABASE_TIMEOUT_MS,
    },
    models: toModels(env),
    prices: toPrices(env),
    budgets: toBudgets(env),
    chat: toChat(env),
    attachments: toAttachments(env),
    nodes: { ...toNodes(env), ...toNodeLimits(env) },
    limits: { ...toRequestSizes(env), ...toLimits(env) },
    quotas: toQuotas(env),
    workspaces: { ...toWorkspaceLimits(env), root: resolve(env.WORKSPACE_ROOT ?? `${dataDir}/workspaces`) },
    web: toWeb(env),
    metrics: toMetrics(env),
    traces: toTraces(env),
    log: {
      level: env.LOG_LEVEL,
      format: env.LOG_FORMAT ?? (process.stdout.isTTY ? ('pretty' as const) : ('json' as const)),
    },
  };
}
