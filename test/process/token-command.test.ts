import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/storage/open-database.ts';
import { openTemporaryFolder } from '../support/files/temporary-folder.ts';
import { type GatewayProcess, startGatewayProcess } from '../support/process/gateway-process.ts';
import { type Outcome, switchyard } from '../support/process/switchyard.ts';

const viewer = '{ viewer { userId isAdmin expiresAt } }';

const log = pino({ level: 'silent' });

let folder: Awaited<ReturnType<typeof openTemporaryFolder>>;
let gateway: GatewayProcess;
beforeAll(async () => {
  folder = await openTemporaryFolder();
  gateway = await startGatewayProcess({ DATA_DIR: folder.path, AUTH: 'token' });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const token = (...args: string[]): Promise<Outcome> =>
  switchyard({ DATA_DIR: folder.path }, 'token', ...args);

async function create(...args: string[]): Promise<{ secret: string; id: string }> {
  const { stdout, stderr } = await token('create', ...args);
  return { secret: stdout.trim(), id: /^Token (\d+) /.exec(stderr)?.[1] ?? '' };
}

/** The row of the list that begins with this id. */
async function listed(id: string): Promise<string | undefined> {
  return (await token('list')).stdout.split('\n').find((line) => line.split(/ +/)[0] === id);
}

describe('switchyard token', () => {
  test('creates a token that the running gateway accepts at once', async () => {
    const { code, stdout, stderr } = await token('create', '--user', 'alice');

    expect(code).toBe(0);
    expect(stdout).toMatch(/^swu_[\w-]{43}\n$/);
    expect(stderr).toMatch(
      /^Token \d+ of the user alice, valid until it is revoked\. The token is shown only now\.\n$/,
    );
    expect((await gateway.as(stdout.trim()).query(viewer)).viewer).toEqual({
      userId: 'alice',
      isAdmin: false,
      expiresAt: null,
    });
  });

  test('creates admins, and tokens that expire', async () => {
    const { secret, id } = await create('--user', 'carol', '--admin', '--expires-in', '30d', '--name', 'ops');

    const seen = (await gateway.as(secret).query(viewer)).viewer;

    expect(seen).toMatchObject({ userId: 'carol', isAdmin: true });
    const days = (Date.parse(seen.expiresAt) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(29.9);
    expect(days).toBeLessThanOrEqual(30);
    expect(await listed(id)).toMatch(/^\d+ +carol +yes +valid until \S+ \S+Z .* ops$/);
  });

  test('lists when a token was last used', async () => {
    const { secret, id } = await create('--user', 'dave');
    expect(await listed(id)).toMatch(/never$/);

    await gateway.as(secret).query(viewer);

    expect(await listed(id)).toMatch(/^\d+ +dave +no +valid +\d{4}\S+ \S+Z +\d{4}-\d\d-\d\d \d\d:\d\dZ$/);
  });

  test('revokes a token, which is refused from then on', async () => {
    const { secret, id } = await create('--user', 'erin');
    await gateway.as(secret).query(viewer);

    expect(await token('revoke', id)).toEqual({ code: 0, stdout: '', stderr: `Token ${id} is revoked.\n` });

    await expect(gateway.as(secret).query(viewer)).rejects.toMatchObject({
      message: 'The token was revoked.',
      code: 'UNAUTHENTICATED',
    });
    expect(await listed(id)).toContain('revoked');
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
    [['revoke', '99999'], /^There is no token 99999\.$/m],
  ])('refuses %j with a sentence', async (args, message) => {
    const { code, stdout, stderr } = await token(...args);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('    at ');
  });

  test('lists names stored before the check on one line, without characters that control a terminal', async () => {
    const { id } = await create('--user', 'frank');
    {
      const stored = { userId: 'fr\u001b[2Jank', name: 'x\n9   admin  yes\u202e' };
      await using opened = await openDatabase({ url: `file:${folder.path}/switchyard.db`, log });
      await opened.db.apiToken.update({ where: { id: Number(id) }, data: stored });
    }
    expect(await listed(id)).toMatch(
      /^\d+ +fr\\u\{1b\}\[2Jank +no .* x\\u\{a\}9 {3}admin {2}yes\\u\{202e\}$/,
    );
  });
});

test('an invented token and a JWT are refused where only API tokens are accepted', async () => {
  for (const wrong of [`swu_${'a'.repeat(43)}`, 'eyJhbGciOiJIUzI1NiJ9.e30.c2ln']) {
    await expect(gateway.as(wrong).query(viewer)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  }
});

test('without authentication a token in a request is ignored', async () => {
  await using other = await openTemporaryFolder();
  await using open = await startGatewayProcess({ DATA_DIR: other.path });
  expect((await open.as('swu_x').query(viewer)).viewer).toMatchObject({ userId: 'anonymous', isAdmin: true });
});
