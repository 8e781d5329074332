import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { StartupError } from '../../src/config/startup-error.ts';
import { openTemporaryFolder, type TemporaryFolder } from '../support/files/temporary-folder.ts';
import { collect, follow, textOf } from '../support/gateway/chat.ts';
import { startTestGateway } from '../support/gateway/gateway.ts';
import { gatewayApi } from '../support/gateway/gateway-api.ts';
import { openMigratedFolder } from '../support/gateway/migrated-folder.ts';
import { startScriptedGateway } from '../support/gateway/scripted-gateway.ts';
import { startModelServer } from '../support/model/model-server.ts';
import { createGate, text } from '../support/model/turn.ts';
import { type SpawnedGateway, spawnGateway } from '../support/process/gateway-process.ts';

type Settings = { DATA_DIR: string } & Record<string, string>;

/** Starts a gateway in a process of its own that must refuse to start. Returns what it tells the operator. */
async function refusal(settings: Settings): Promise<string> {
  await using gateway = spawnGateway(settings);
  return await refusalOf(gateway);
}

/** Starts a gateway in this process that must refuse to start. Returns the message that the program would print. */
async function refusedHere(dataDir: string): Promise<string> {
  const error = await startTestGateway({ dataDir }).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(StartupError);
  return (error as StartupError).message;
}

async function refusalOf(gateway: SpawnedGateway): Promise<string> {
  const { code } = await gateway.exited;
  expect(gateway.stdout).not.toContain('answers at');
  expect(code).toBe(1);
  return gateway.stderr;
}

async function urlOf(gateway: SpawnedGateway): Promise<string> {
  return (await gateway.logged('answers at')).msg.split(' ').at(-1) ?? '';
}

describe('two gateways that start at the same time on a fresh folder, and a third that starts later', () => {
  let folder: TemporaryFolder;
  let winner: SpawnedGateway;
  let loser: SpawnedGateway;
  let third: SpawnedGateway;

  beforeAll(async () => {
    folder = await openTemporaryFolder();
    const wrong = { MAX_STEP: 'a secret', OPENAI_API_KEYS: 'a secret', TOOL_COLOUR: 'a secret' };
    const settings = { DATA_DIR: folder.path, ...wrong, SWITCHYARD_TOKEN: 'a secret', NODE_OPTIONS: '' };
    const alices = spawnGateway(settings);
    const bobs = spawnGateway(settings);
    [winner, loser] = await Promise.any([
      urlOf(alices).then(() => [alices, bobs] as const),
      urlOf(bobs).then(() => [bobs, alices] as const),
    ]);
    third = spawnGateway({ DATA_DIR: folder.path });
  });

  afterAll(async () => {
    for (const gateway of [winner, loser, third]) await gateway[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  test('of two gateways on a fresh folder one runs, and the other ends with 1 and says that the folder is used', async () => {
    expect(await loser.exited).toEqual({ code: 1, signal: null });
    expect(loser.stderr).toMatch(/^Another gateway is using the data folder .*\.\n$/);
  });

  test('a gateway that starts says where it answers and with which model', async () => {
    await winner.logged('Model:');
    const url = await urlOf(winner);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(winner.lines.map(({ msg }) => msg.replaceAll(url, 'URL'))).toMatchInlineSnapshot(`
      [
        "MAX_STEP in the environment is not a setting and has no effect: did you mean MAX_STEPS?",
        "OPENAI_API_KEYS in the environment is not a setting and has no effect: did you mean OPENAI_API_KEY?",
        "TOOL_COLOUR in the environment is not a setting and has no effect: src/config/README.md lists the settings",
        "database migrated",
        "Switchyard answers at URL",
        "Console: URL/console   GraphiQL: URL/graphql   graphql-sse: URL/graphql/stream   REST: URL/api/v1   REST docs: URL/docs",
        "No real model is configured: the built-in demo model answers by rules. Set OPENAI_API_KEY, ANTHROPIC_API_KEY, GOOGLE_GENERATIVE_AI_API_KEY, or OPENAI_BASE_URL for a server of your own",
        "Model: demo/demo-1",
      ]
    `);
    expect(winner.stdout).not.toContain('a secret');
    expect(winner.stderr).toBe('');
  });

  test('a gateway that starts on the folder of a running one is refused, and the running one keeps working', async () => {
    expect(await refusalOf(third)).toBe(
      `Another gateway is using the data folder ${folder.path}: stop that gateway first, or set another DATA_DIR for this one.\n`,
    );
    expect(await gatewayApi(await urlOf(winner)).createSession()).toBeTruthy();
  });

  test('the gateway that runs ends with 0 when it is told to stop', async () => {
    winner.kill('SIGTERM');
    expect(await winner.exited).toEqual({ code: 0, signal: null });
    expect(winner.stderr).toBe('');
  });
});

describe('a gateway that cannot start says why, and its program ends with 1', () => {
  test('a gateway refuses a port that is taken', async () => {
    await using folder = await openMigratedFolder();
    await using server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await refusal({ DATA_DIR: folder.path, PORT: String(port) })).toBe(
      `Port ${port} on 127.0.0.1 is taken: stop the program that listens there, or set PORT to another port.\n`,
    );
  });

  test('a gateway refuses a data folder below a file', async () => {
    await using folder = await openTemporaryFolder();
    const file = join(folder.path, 'file');
    writeFileSync(file, '');
    expect(await refusedHere(join(file, 'data'))).toBe(
      `The data folder ${file}/data cannot be used: ENOTDIR: not a directory, mkdir '${file}/data'.`,
    );
  });

  test.skipIf(process.platform !== 'linux')(
    'a gateway refuses a data folder that it cannot write to',
    async () => {
      expect(await refusedHere('/proc')).toBe(
        "The data folder /proc cannot be used: ENOENT: no such file or directory, open '/proc/gateway.lock'.",
      );
    },
  );

  test('a gateway refuses malformed settings and names each of them', async () => {
    await using folder = await openTemporaryFolder();
    expect(await refusal({ DATA_DIR: folder.path, PORT: 'eighty', LOG_LEVEL: 'loud' })).toBe(
      'PORT must be a whole number from 0 to 65535; it is "eighty".\n' +
        'LOG_LEVEL must be fatal, error, warn, info, debug, trace or silent; it is "loud".\n',
    );
  });

  test('a gateway refuses a database from a newer version', async () => {
    await using folder = await openMigratedFolder();
    const file = join(folder.path, 'switchyard.db');
    const database = new Sqlite(file);
    database.exec(`INSERT INTO "_prisma_migrations" (id, checksum, migration_name, finished_at)
      VALUES ('1', 'f00d', '9999_from_the_future', current_timestamp)`);
    database.close();
    expect(await refusedHere(folder.path)).toBe(
      `The database ${file} is from a newer version (its migration 9999_from_the_future is unknown ` +
        'here): run that version, or restore a backup.',
    );
  });

  test.each(['switchyard.db', 'gateway.lock'])(
    'a gateway refuses a folder whose %s is not a database',
    async (name) => {
      await using folder = await openTemporaryFolder();
      writeFileSync(join(folder.path, name), 'not a database, '.repeat(1_000));
      expect(await refusedHere(folder.path)).toMatch(
        /^The (database|data folder) \S+ cannot be (opened|used): .*\.$/,
      );
    },
  );
});

test('a failed start leaves queued prompts to the start that succeeds', async () => {
  await using folder = await openMigratedFolder();
  const gate = createGate();
  let waiting: string;
  {
    await using gateway = await startScriptedGateway({
      dataDir: folder.path,
      settings: { SHUTDOWN_GRACE_MS: '0' },
    });
    gateway.model.script([gate]);
    const api = gatewayApi(gateway.url);
    const sessionId = await api.createSession();
    await api.send({ sessionId, prompt: 'One' });
    await gate.reached;
    waiting = await api.send({ sessionId, prompt: 'Two', onBusy: 'ENQUEUE' });
  }
  await using server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await using model = await startModelServer();
  model.script([text('Two it is.')]);
  const settings = { OPENAI_BASE_URL: model.openaiUrl, MODEL: 'openai-compatible/scripted' };
  const taken = { ...settings, PORT: String(port) };
  await expect(startTestGateway({ dataDir: folder.path, settings: taken })).rejects.toThrow('is taken');
  expect(model.requests).toHaveLength(0);

  await using gateway = await startTestGateway({ dataDir: folder.path, settings });
  expect(textOf(await collect(follow(gateway.client(), waiting)))).toBe('Two it is.');
});
