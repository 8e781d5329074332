import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { runCli } from '../../src/cli.ts';
import { StartupError } from '../../src/config/startup-error.ts';
import { openSqlite } from '../../src/storage/sqlite/open-sqlite.ts';
import type { TemporaryFolder } from '../support/files/temporary-folder.ts';
import { startTestGateway, type TestGateway } from '../support/gateway/gateway.ts';
import { openMigratedFolder } from '../support/gateway/migrated-folder.ts';
import { connectNode } from '../support/node/node-client.ts';
import { type Outcome, switchyard } from '../support/process/switchyard.ts';

const viewer = '{ viewer { userId isAdmin expiresAt } }';

let folder: TemporaryFolder;
let gateway: TestGateway;
beforeAll(async () => {
  folder = await openMigratedFolder();
  gateway = await startTestGateway({ dataDir: folder.path, settings: { AUTH: 'token' } });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** Runs `switchyard token …` in a process of its own, beside the running gateway. */
const token = (...args: string[]): Promise<Outcome> =>
  switchyard({ DATA_DIR: folder.path }, 'token', ...args);

/**
 * What the program writes about arguments that it refuses before it opens a database. It runs in this process, because
 * one of its own takes most of a second.
 */
async function refusal(settings: Record<string, string>, args: readonly string[]): Promise<Outcome> {
  const before = Object.keys(settings).map((name) => [name, process.env[name]] as const);
  const outcome = { code: 0, stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      outcome[name] += text;
      return true;
    }),
  );
  Object.assign(process.env, settings);
  try {
    outcome.code = await runCli(args, () => new Promise(() => undefined));
  } catch (error) {
    if (!(error instanceof StartupError)) throw error;
    Object.assign(outcome, { code: 1, stderr: error.message });
  } finally {
    for (const spy of spies) spy.mockRestore();
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
  return outcome;
}

interface Created extends Outcome {
  secret: string;
  id: string;
}

async function create(...args: string[]): Promise<Created> {
  const outcome = await token('create', ...args);
  return { ...outcome, secret: outcome.stdout.trim(), id: /^Token (\d+) /.exec(outcome.stderr)?.[1] ?? '' };
}

/** The row of a token in the output of `switchyard token list`. */
function rowOf({ id }: Created, list: Outcome): string | undefined {
  return list.stdout.split('\n').find((line) => line.split(/ +/)[0] === id);
}

/** Writes names into the database that `create` refuses, as an earlier version did. */
async function forgeNames({ id }: Created): Promise<void> {
  const log = pino({ level: 'silent' });
  await using opened = await openSqlite({ url: `file:${folder.path}/switchyard.db`, log });
  const data = { userId: 'fr\u001b[2Jank', name: 'x\n9   admin  yes\u202e' };
  await opened.db.apiToken.update({ where: { id: Number(id) }, data });
}

describe('switchyard token', () => {
  let alice: Created;
  let carol: Created;
  let dave: Created;
  let erin: Created;
  let frank: Created;
  let listedFirst: Outcome;
  let revoked: Outcome;
  /** After dave and erin have used their tokens, erin's was revoked, and frank's has forged names. */
  let listedLast: Outcome;
  const viewerOf = async ({ secret }: Created) => (await gateway.as(secret).query(viewer)).viewer;

  // Each call of the program costs most of a second, so the tests share the calls.
  beforeAll(async () => {
    [alice, carol, dave, erin, frank] = await Promise.all([
      create('--user', 'alice'),
      create('--user', 'carol', '--admin', '--expires-in', '30d', '--name', 'ops'),
      create('--user', 'dave'),
      create('--user', 'erin'),
      create('--user', 'frank'),
    ]);
    listedFirst = await token('list');
    await viewerOf(dave);
    await viewerOf(erin);
    revoked = await token('revoke', erin.id);
    await forgeNames(frank);
    listedLast = await token('list');
  }, 60_000);

  test('a token that is created is accepted at once by a gateway that runs', async () => {
    const { code, stdout, stderr } = alice;

    expect(code).toBe(0);
    expect(stdout).toMatch(/^swu_[\w-]{43}\n$/);
    expect(stderr).toMatch(
      /^Token \d+ of the user alice, valid until it is revoked\. The token is shown only now\.\n$/,
    );
    expect(await viewerOf(alice)).toEqual({ userId: 'alice', isAdmin: false, expiresAt: null });
  });

  test('a token can be created for an admin, and with a time at which it expires', async () => {
    const seen = await viewerOf(carol);

    expect(seen).toMatchObject({ userId: 'carol', isAdmin: true });
    const days = (Date.parse(seen.expiresAt) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(29.9);
    expect(days).toBeLessThanOrEqual(30);
    expect(rowOf(carol, listedFirst)).toMatch(/^\d+ +carol +yes +valid until \S+ \S+Z .* ops$/);
  });

  test('the list says when a token was last used', () => {
    expect(rowOf(dave, listedFirst)).toMatch(/never$/);
    expect(rowOf(dave, listedLast)).toMatch(
      /^\d+ +dave +no +valid +\d{4}\S+ \S+Z +\d{4}-\d\d-\d\d \d\d:\d\dZ$/,
    );
  });

  test('a token that is revoked is refused from then on', async () => {
    expect(revoked).toEqual({ code: 0, stdout: '', stderr: `Token ${erin.id} is revoked.\n` });
    await expect(viewerOf(erin)).rejects.toMatchObject({
      message: 'The token was revoked.',
      code: 'UNAUTHENTICATED',
    });
    expect(rowOf(erin, listedLast)).toContain('revoked');
  });

  test('the list shows names from earlier versions on one line, without characters that control a terminal', () => {
    expect(rowOf(frank, listedLast)).toMatch(
      /^\d+ +fr\\u\{1b\}\[2Jank +no .* x\\u\{a\}9 {3}admin {2}yes\\u\{202e\}$/,
    );
  });

  test.each([
    [['create'], /--user/],
    [['create', '--user', ' '], /^--user: expected some text/],
    [
      ['create', '--user', 'anonymous'],
      /^--user: expected another name: anonymous is the user of all requests/,
    ],
    [['create', '--user', 'al\u001b[2Jice'], /^--user: expected text without control characters/],
    [['create', '--user', 'alice', '--name', 'x\n9   admin  yes'], /^--name: expected text without control/],
    [['create', '--user', 'alice', '--name', 'x\u2028y'], /^--name: expected text without control/],
    [['create', '--user', 'alice', '--expires-in', 'tomorrow'], /Expected a time like 90s, 30m, 12h or 30d/],
    [['revoke', 'swu_x'], /Expected the number of a token/],
  ])('the arguments %j are refused with a sentence', async (args, message) => {
    const { code, stdout, stderr } = await refusal({ DATA_DIR: folder.path }, ['token', ...args]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(message);
  });

  test('a token that is unknown is refused with a sentence', async () => {
    expect(await token('revoke', '99999')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'There is no token 99999.\n',
    });
  });
});

describe('switchyard node', () => {
  const settings = () => ({ DATA_DIR: folder.path, AUTH: 'token', PORT: '8080' });
  const node = (...args: string[]): Promise<Outcome> => switchyard(settings(), 'node', ...args);

  test('the command for a gateway with an IPv6 address has the address in brackets', async () => {
    const { stderr } = await switchyard(
      { ...settings(), HOST: '2001:db8::7' },
      ...['node', 'register', 'shelf', '--user', 'alice'],
    );
    expect(stderr).toContain(' --gateway http://[2001:db8::7]:8080 ');
  });

  test('a node that is registered beside a running gateway can connect at once, and its name is then taken', async () => {
    const [laptop, listed] = [
      await node('register', 'laptop', '--user', 'alice', '--name', 'My laptop'),
      await node('list'),
    ];
    expect([laptop.code, laptop.stdout]).toEqual([0, expect.stringMatching(/^swn_[\w-]{43}\n$/)]);
    expect(laptop.stderr).toBe(
      'Node laptop of the user alice is registered. Its token is shown only now. Start its agent with it:\n' +
        '  SWITCHYARD_TOKEN=swn_… switchyard agent --gateway http://localhost:8080 --workspace .\n',
    );
    expect(listed.stdout).toMatch(/^laptop +alice +active +never +My laptop$/m);
    await using agent = connectNode(gateway.url, laptop.stdout.trim());
    await agent.next('InboxOpened');
    const again = await node('register', 'laptop', '--user', 'alice');
    expect(again).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^The node "laptop" is registered\./),
    });
  });

  test('a node that gets a new token, or is deleted, beside a running gateway loses its agent', async () => {
    const first = (await node('register', 'desk', '--user', 'alice')).stdout.trim();
    await using agent = connectNode(gateway.url, first);
    await agent.next('InboxOpened');

    const rotated = await node('rotate', 'desk', '--user', 'alice');
    expect(rotated).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^swn_[\w-]{43}\n$/),
      stderr:
        'Node desk of the user alice has a new token, shown only now. A running gateway disconnects its agent within seconds.\n',
    });
    expect(await agent.next('InboxClosed')).toMatchObject({ reason: 'TOKEN_REVOKED' });
    await expect(agent.beat()).rejects.toThrow(/token/i);

    await using again = connectNode(gateway.url, rotated.stdout.trim());
    await again.next('InboxOpened');
    const deleted = await node('delete', 'desk', '--user', 'alice');
    expect([deleted.code, deleted.stdout]).toEqual([0, '']);
    expect(deleted.stderr).toMatch(/^Node desk of the user alice is deleted\./);
    expect(await again.next('InboxClosed')).toMatchObject({ reason: 'NODE_DELETED' });
    await expect(again.beat()).rejects.toThrow(/token/i);
    expect((await node('list')).stdout).not.toMatch(/^desk /m);
  });

  test.each([
    [['delete', 'laptop'], /^--user: expected the user that the node belongs to\.$/m],
    [['rotate'], /missing required argument 'nodeId'/],
    [['register'], /missing required argument 'nodeId'/],
    [['register', 'desk'], /^--user: expected the user that the node belongs to\.$/m],
    [['register', '..', '--user', 'alice'], /^<nodeId>: expected a name without the path segments/],
    [['register', 'a\nb', '--user', 'alice'], /^<nodeId>: expected text without control characters/],
    [['register', 'desk', '--user', 'alice', '--name', ' '], /^--name: expected some text\.$/m],
  ])('the arguments %j are refused with a sentence', async (args, message) => {
    const { code, stdout, stderr } = await refusal(settings(), ['node', ...args]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(message);
  });

  test.each([
    ['rotate', 'none', 'alice'],
    ['delete', 'laptop', 'bob'],
  ])('to %s the node %s, which %s does not have, is refused with a sentence', async (action, id, userId) => {
    expect(await node(action, id, '--user', userId)).toEqual({
      code: 1,
      stdout: '',
      stderr: `There is no node "${id}".\n`,
    });
  });
});

test('an invented token and a JWT are refused where only API tokens are accepted', async () => {
  for (const wrong of [`swu_${'a'.repeat(43)}`, 'eyJhbGciOiJIUzI1NiJ9.e30.c2ln']) {
    await expect(gateway.as(wrong).query(viewer)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  }
});

test('without authentication a token in a request is ignored', async () => {
  await using open = await startTestGateway();
  expect((await open.as('swu_x').query(viewer)).viewer).toMatchObject({ userId: 'anonymous', isAdmin: true });
});
