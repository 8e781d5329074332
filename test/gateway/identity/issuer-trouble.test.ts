import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { expect, test, vi } from 'vitest';
import { openTemporaryFolder } from '../support/files/temporary-folder.ts';
import { whoIs } from '../support/gateway/who-is.ts';
import { startGatewayProcess } from '../support/process/gateway-process.ts';
import { startKeyServer } from '../support/process/key-server.ts';

async function start() {
  const keys = await startKeyServer();
  const settings = { AUTH: 'jwt', JWT_JWKS_URL: keys.url, JWT_ISSUER: 'login', JWT_AUDIENCE: 'chat' };
  const folder = await openTemporaryFolder();
  const gateway = await startGatewayProcess({ ...settings, DATA_DIR: folder.path });
  const pair = await generateKeyPair('ES256');
  const key = { ...(await exportJWK(pair.publicKey)), alg: 'ES256', kid: 'one' };
  const sign = (kid: string) =>
    new SignJWT({ iss: 'login', aud: 'chat', sub: 'alice' })
      .setProtectedHeader({ alg: 'ES256', kid })
      .setExpirationTime('1h')
      .sign(pair.privateKey);
  return {
    keys,
    gateway,
    key,
    sign,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await keys[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** What was asked until one request waits for a key server that hangs. */
async function untilOneWaits({ keys, gateway, sign }: Awaited<ReturnType<typeof start>>) {
  const before = keys.requests;
  const token = await sign('two');
  const asked: ReturnType<typeof whoIs>[] = [];
  await vi.waitFor(
    () => {
      asked.push(whoIs(gateway, token));
      expect(keys.requests).toBe(before + 1);
    },
    { timeout: 10_000, interval: 100 },
  );
  return asked;
}

test('a failing issuer is asked once for many tokens, is logged once, and known keys stay valid', async () => {
  await using issuer = await start();
  const { keys, gateway, key, sign } = issuer;
  keys.publish(key);
  const known = await sign('one');
  expect(await whoIs(gateway, known)).toMatchObject({ userId: 'alice' });
  keys.publish();
  // The first that is not told that the key is unknown by keys that are fresh.
  const other = await sign('other');
  await expect.poll(() => whoIs(gateway, other), { timeout: 10_000 }).toMatchObject({ status: 503 });
  const before = keys.requests;
  const began = performance.now();

  const tokens = await Promise.all(Array.from({ length: 200 }, (_, number) => sign(`made-up-${number}`)));
  const answers = await Promise.all(tokens.map((token) => whoIs(gateway, token)));

  expect(new Set(answers.map((answer) => 'status' in answer && answer.status))).toEqual(new Set([503]));
  expect(keys.requests - before).toBeLessThanOrEqual(Math.ceil((performance.now() - began) / 2_000));
  expect(await whoIs(gateway, known)).toMatchObject({ userId: 'alice' });

  keys.publish({ ...key, kid: 'other' });
  await expect.poll(() => whoIs(gateway, other), { timeout: 10_000 }).toMatchObject({ userId: 'alice' });
  await gateway.logged('the keys for JWTs can be fetched again');
  const told = gateway.lines.map(({ msg }) => msg).filter((msg) => msg.startsWith('the keys for JWTs'));
  expect(told).toEqual([
    'the keys for JWTs cannot be fetched: only known keys are used',
    'the keys for JWTs can be fetched again',
  ]);
});

test('one request waits for an issuer that hangs, and the others are answered at once', async () => {
  await using issuer = await start();
  const { keys, gateway, key, sign } = issuer;
  expect(await whoIs(gateway, await sign('two'))).toMatchObject({ status: 503 });
  keys.misbehave('hang');
  const asked = await untilOneWaits(issuer);
  const asking = keys.requests;

  expect(await whoIs(gateway, await sign('three'))).toMatchObject({ status: 503 });
  expect(keys.requests).toBe(asking);

  keys.publish({ ...key, kid: 'two' });
  expect(await Promise.all(asked)).toContainEqual(expect.objectContaining({ userId: 'alice' }));
});

test.each(['pour', 'huge'] as const)(
  'no more than a megabyte is read of an issuer’s keys (%s)',
  async (how) => {
    await using issuer = await start();
    const { keys, gateway, key, sign } = issuer;
    const token = await sign('one');
    keys.publish(key);
    keys.misbehave(how);

    expect(await whoIs(gateway, token)).toMatchObject({ status: 503 });
    expect(await gateway.logged('cannot be fetched')).toMatchObject({
      err: { message: 'The response is longer than 1048576 bytes' },
    });

    keys.publish(key);
    await expect.poll(() => whoIs(gateway, token), { timeout: 10_000 }).toMatchObject({ userId: 'alice' });
  },
);

test('an answer that is not a key set counts as a failure', async () => {
  await using issuer = await start();
  const { keys, gateway, sign } = issuer;
  keys.misbehave('mumble');
  const tokens = await Promise.all(Array.from({ length: 20 }, (_, number) => sign(`made-up-${number}`)));
  const began = performance.now();
  for (const token of tokens) expect(await whoIs(gateway, token)).toMatchObject({ status: 503 });
  expect(keys.requests).toBeLessThanOrEqual(Math.ceil((performance.now() - began) / 2_000));
});
