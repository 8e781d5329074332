import { access, constants } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf } from '../../base/caught-error.ts';
import { escapeControls } from '../../base/cut-text.ts';
import { type Config, readConfig, unknownSettings } from '../../config/config.ts';
import { hasOwnBlobs } from '../../config/own-blobs.ts';
import { createLog } from '../../log.ts';
import { table } from '../report.ts';

/** What a check found. `warning`: the gateway works, but perhaps not as its operator expects. */
export interface Finding {
  state: 'ok' | 'warning' | 'fault';
  /** What was checked: `database`. */
  about: string;
  /** What was found, and for a fault what to do. */
  text: string;
}

/** A check returns what it has found. One that throws has found a fault. */
type Check = (config: Config) => Promise<Finding[]>;

const checks: Record<string, Check> = {
  'data folder': checkDataFolder,
  database: checkDatabase,
  Redis: checkRedis,
  'stored files': checkBlobs,
  models: checkModels,
  traces: checkTraces,
};

/** How long a check may take, in milliseconds: longer than the database waits for its server. */
const longestMs = 30_000;

/**
 * Runs all checks with the settings of the environment and of `.env`. Never rejects.
 *
 * @param deadlineMs After this time, what a server has not answered is a fault. Its connection may still be open.
 */
export async function examine(deadlineMs = longestMs): Promise<Finding[]> {
  const unknown = findUnknown();
  let config: Config;
  try {
    config = readConfig();
  } catch (error) {
    // Without settings nothing else can be checked.
    return [
      ...messageOf(error)
        .split('\n')
        .map((text) => fault('settings', text)),
      ...unknown,
    ];
  }
  const found = await Promise.all(
    Object.entries(checks).map(([about, check]) =>
      within(deadlineMs, check(config)).catch((error: unknown) => [fault(about, messageOf(error))]),
    ),
  );
  return [ok('settings', 'are valid'), ...unknown, ...found.flat()];
}

async function within<T>(ms: number, checked: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1_000} s`)), ms);
  });
  try {
    return await Promise.race([checked, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Lays out findings as lines. A finding with several lines is one line here. */
export function layOut(findings: readonly Finding[]): string {
  const rows = findings.map(({ state, about, text }) => [state, about, escapeControls(text)]);
  return table(['STATE', 'ABOUT', 'FOUND'], rows);
}

function ok(about: string, text: string): Finding {
  return { state: 'ok', about, text };
}

function warning(about: string, text: string): Finding {
  return { state: 'warning', about, text };
}

function fault(about: string, text: string): Finding {
  return { state: 'fault', about, text };
}

function findUnknown(): Finding[] {
  try {
    return unknownSettings().map(({ name, place, meant }) => {
      const hint = meant === undefined ? '' : `: did you mean ${meant}?`;
      return warning('settings', `${name} in ${place} is not a setting and has no effect${hint}`);
    });
  } catch {
    // A file .env that cannot be read is found by `readConfig`, too.
    return [];
  }
}

async function checkDataFolder({ dataDir }: Config): Promise<Finding[]> {
  return [await checkFolder('data folder', dataDir, 'set DATA_DIR')];
}

/** @param advice What to do when the folder cannot be written, beside changing its owner. */
async function checkFolder(about: string, folder: string, advice: string): Promise<Finding> {
  const existing = await nearestFolder(folder);
  try {
    await access(existing, constants.W_OK | constants.X_OK);
  } catch {
    return fault(about, `${existing} cannot be written by this user: change its owner or ${advice}.`);
  }
  return ok(about, existing === folder ? `${folder} can be written` : `${folder} will be created`);
}

async function nearestFolder(folder: string): Promise<string> {
  const exists = await access(folder).then(
    () => true,
    () => false,
  );
  return exists || dirname(folder) === folder ? folder : nearestFolder(dirname(folder));
}

async function checkDatabase({ database }: Config): Promise<Finding[]> {
  const { examineDatabase } = await import('../../storage/open/examine-database.ts');
  const { exists, pending } = await examineDatabase(database);
  const about = 'database';
  if (!exists) return [ok(about, 'is empty: the first start creates its tables')];
  if (pending.length === 0) return [ok(about, 'can be used and has all migrations')];
  return [warning(about, `the next start applies ${pending.length} migrations: make a backup before`)];
}

async function checkRedis({ redis, database }: Config): Promise<Finding[]> {
  const about = 'Redis';
  if (redis === undefined) {
    const alone = database.url.startsWith('file:')
      ? ''
      : ': this gateway must be the only one on its database';
    return [ok(about, `is not used${alone}`)];
  }
  const { openRedis } = await import('../../bus/redis/redis.ts');
  const log = createLog({ level: 'silent', format: 'json' });
  using opened = await openRedis({ ...redis, log });
  const reason = await opened.check();
  return [reason === undefined ? ok(about, 'answers') : fault(about, `REDIS_URL: ${reason}`)];
}

async function checkBlobs(config: Config): Promise<Finding[]> {
  const about = 'stored files';
  const { blobs, redis } = config;
  if (redis !== undefined && hasOwnBlobs(config)) {
    const text =
      'are in DATA_DIR, where the other gateways do not see them: set BLOB_URL to a place that all gateways reach';
    return [warning(about, text)];
  }
  const { blobFolder, openBlobStore } = await import('../../blobs/open-blob-store.ts');
  if (!blobs.url.startsWith('s3:')) return [await checkFolder(about, blobFolder(blobs.url), 'set BLOB_URL')];
  await using store = await openBlobStore(blobs);
  // Writes a byte and takes it back.
  const staged = await store.stage(oneByte());
  await staged.discard();
  return [ok(about, 'the bucket of BLOB_URL can be written')];
}

async function* oneByte(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(1);
}

async function checkModels({ models }: Config): Promise<Finding[]> {
  const about = 'models';
  const [{ createModels }, { findAwayProviders, findAwayServers }] = await Promise.all([
    import('../../chat/models/models.ts'),
    import('../../chat/models/check-servers.ts'),
  ]);
  // It refuses a default model that no provider has.
  const known = await createModels(models).list();
  const away = (await Promise.all([findAwayProviders(models), findAwayServers(models)])).flat();
  const faults = away.map(({ providerName, url, reason }) =>
    fault(about, `the provider ${providerName} at ${url} cannot be used: ${reason}`),
  );
  const names = [...new Set(known.map(({ providerName }) => providerName))];
  const real = names.filter((name) => name !== 'demo' && !away.some((each) => each.providerName === name));
  const working = real.map((name) => ok(about, `the provider ${name} answers`));
  if (faults.length + working.length > 0) return [...working, ...faults];
  return [
    warning(about, 'only the demo model, which answers by rules: set the key or the URL of a provider'),
  ];
}

/** Sends no span, which a collector answers as it answers spans. A gateway works without its collector. */
async function checkTraces({ traces }: Config): Promise<Finding[]> {
  const about = 'traces';
  if (traces === undefined) return [ok(about, 'are off')];
  const { tryEndpoint } = await import('../../traces/try-endpoint.ts');
  const reason = await tryEndpoint(traces);
  if (reason === undefined) return [ok(about, 'are on, and OTEL_EXPORTER_OTLP_ENDPOINT takes them')];
  return [warning(about, `are lost: OTEL_EXPORTER_OTLP_ENDPOINT cannot be used: ${reason}`)];
}
