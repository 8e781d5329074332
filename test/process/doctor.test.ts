import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { examine } from '../../src/commands/doctor/examine.ts';
import { openTemporaryFolder, type TemporaryFolder } from '../support/files/temporary-folder.ts';
import { startTestGateway } from '../support/gateway/gateway.ts';
import { startCollector } from '../support/http/collector.ts';
import { switchyard } from '../support/process/switchyard.ts';

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await openTemporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

/** Runs `switchyard doctor`. Returns its exit code and its rows without the head, with one space between cells. */
async function doctor(settings: Record<string, string>) {
  const { code, stdout, stderr } = await switchyard(settings, 'doctor');
  expect(stderr).toBe('');
  const [head, ...rows] = stdout.trim().split('\n');
  expect(head).toMatch(/^STATE +ABOUT +FOUND$/);
  return { code, rows: rows.map((row) => row.replace(/ {2,}/g, ' ')) };
}

test('on a new machine all is well, and nothing is created', async () => {
  const DATA_DIR = join(folder.path, 'new');
  expect(await doctor({ DATA_DIR, MAX_STEP: '1' })).toEqual({
    code: 0,
    rows: [
      'ok settings are valid',
      'warning settings MAX_STEP in the environment is not a setting and has no effect: did you mean MAX_STEPS?',
      `ok data folder ${DATA_DIR} will be created`,
      'ok database is empty: the first start creates its tables',
      'ok Redis is not used',
      `ok stored files ${DATA_DIR}/blobs will be created`,
      'warning models only the demo model, which answers by rules: set the key or the URL of a provider',
      'ok traces are off',
    ],
  });
  expect(await readdir(folder.path)).toEqual([]);
});

test('beside a running gateway it finds a database with all migrations', async () => {
  const DATA_DIR = join(folder.path, 'running');
  await using _gateway = await startTestGateway({ dataDir: DATA_DIR });
  await using collector = await startCollector();
  const { code, rows } = await doctor({ DATA_DIR, OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/` });
  expect(code).toBe(0);
  expect(rows).toContain('ok database can be used and has all migrations');
  expect(rows).toContain('ok traces are on, and OTEL_EXPORTER_OTLP_ENDPOINT takes them');
  expect(collector.spans).toEqual([]);
});

test('each invalid setting is a fault, and without settings nothing else is checked', async () => {
  const { code, rows } = await doctor({ PORT: '70000', AUTH: 'maybe' });
  expect(code).toBe(1);
  expect(rows).toEqual([
    'fault settings PORT must be a whole number from 0 to 65535; it is "70000".',
    expect.stringMatching(/^fault settings AUTH must be /),
  ]);
});

test('a damaged file, servers that are away and a refused key are faults, and no key is shown', async () => {
  const DATA_DIR = join(folder.path, 'broken');
  await mkdir(DATA_DIR);
  await writeFile(join(DATA_DIR, 'switchyard.db'), 'This is no database. '.repeat(100));
  const refusing = createServer((_request, response) => response.writeHead(401).end()).listen(0, '127.0.0.1');
  const { port } = await new Promise<AddressInfo>((resolve) =>
    refusing.once('listening', () => resolve(refusing.address() as AddressInfo)),
  );
  const keys = { ANTHROPIC_API_KEY: 'secret-1', GOOGLE_GENERATIVE_AI_API_KEY: 'secret-2' };
  const url = `http://127.0.0.1:${port}`;
  const urls = {
    ANTHROPIC_BASE_URL: url,
    GOOGLE_GENERATIVE_AI_BASE_URL: url,
    OPENAI_BASE_URL: 'http://127.0.0.1:1/v1',
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
  };
  const { code, rows } = await doctor({ DATA_DIR, ...keys, ...urls });
  refusing.close();
  expect(code).toBe(1);
  expect(rows.filter((row) => row.startsWith('fault'))).toEqual([
    expect.stringMatching(/^fault database The database \S+switchyard\.db cannot be read: /),
    `fault models the provider anthropic at ${url} cannot be used: it refuses the key (401)`,
    `fault models the provider google at ${url} cannot be used: it refuses the key (401)`,
    expect.stringMatching(/^fault models the provider openai-compatible at \S+ cannot be used: /),
  ]);
  expect(rows.at(-1)).toMatch(
    /^warning traces are lost: OTEL_EXPORTER_OTLP_ENDPOINT .*: it answers with the status 401$/,
  );
  expect(rows.join()).not.toContain('secret-');
});

test('a PostgreSQL server and a Redis server that do not answer are faults', async () => {
  const away = { DATABASE_URL: 'postgresql://user:secret@127.0.0.1:1/x', REDIS_URL: 'redis://127.0.0.1:1' };
  const { code, rows } = await doctor({ DATA_DIR: folder.path, ...away });
  expect(code).toBe(1);
  expect(rows.filter((row) => row.startsWith('fault'))).toEqual([
    expect.stringMatching(/^fault database The database at DATABASE_URL cannot be used: .*ECONNREFUSED/),
    'fault Redis Redis at REDIS_URL cannot be reached: ECONNREFUSED.',
  ]);
  expect(rows).toContainEqual(expect.stringMatching(/^warning stored files are in DATA_DIR/));
  expect(rows.join()).not.toContain('secret');
});

test('a server that takes requests and never answers is a fault', async () => {
  const server = createServer(() => {});
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening);
  });
  const { port } = server.address() as AddressInfo;
  vi.stubEnv('DATA_DIR', join(folder.path, 'silent'));
  vi.stubEnv('BLOB_URL', `s3://bucket?endpoint=http://127.0.0.1:${port}&region=x`);
  vi.stubEnv('S3_ACCESS_KEY_ID', 'id');
  vi.stubEnv('S3_SECRET_ACCESS_KEY', 'secret');
  try {
    expect(await examine(1_000)).toContainEqual({
      state: 'fault',
      about: 'stored files',
      text: 'no answer within 1 s',
    });
  } finally {
    vi.unstubAllEnvs();
    server.closeAllConnections();
    server.close();
  }
});
