import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { describe, expect, test, vi } from 'vitest';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { whoIs } from '../../support/gateway/who-is.ts';
import { startKeyServer } from '../../support/http/key-server.ts';

/** A gateway that fetches the keys for its JWTs from a key server. */
async function start() {
  const keys = await startKeyServer();
  const settings = { AUTH: 'jwt', JWT_JWKS_URL: keys.url, JWT_ISSUER: 'login', JWT_AUDIENCE: 'chat' };
  const gateway = await startTestGateway({ settings: { ...settings, LOG_LEVEL: 'info' } });
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
    },
  };
}

/** Sends requests until one of them waits for the key server, which hangs. Returns all of them. */
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

// Concurrent, because each test waits for the 2 s in which the gateway does not ask a failed issuer again.
describe.concurrent('the keys of an issuer', () => {
  test('a failing issuer is asked once for many tokens, is logged once, and known keys stay valid', async ({
    expect,
  }) => {
    await using issuer = await start();
    const { keys, gateway, key, sign } = issuer;
    keys.publish(key);
    const known = await sign('one');
    expect(await whoIs(gateway, known)).toMatchObject({ userId: 'alice' });
    keys.publish();
    // While the fetched keys are fresh, the response says that the key is unknown. Later it says 503.
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

  test('one request waits for an issuer that hangs, and the others are answered at once', async ({
    expect,
  }) => {
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

  test.for([
    ['a stream without an end', 'endless'],
    ['a key set of more than a megabyte', 'tooLong'],
  ] as const)(
    'the gateway reads at most one megabyte when an issuer sends %s',
    async ([_what, how], { expect }) => {
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

  test('a response of an issuer that is not a key set counts as a failure', async ({ expect }) => {
    await using issuer = await start();
    const { keys, gateway, sign } = issuer;
    keys.misbehave('notKeys');
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, number) => sign(`made-up-${number}`)));
    const began = performance.now();
    for (const token of tokens) expect(await whoIs(gateway, token)).toMatchObject({ status: 503 });
    expect(keys.requests).toBeLessThanOrEqual(Math.ceil((performance.now() - began) / 2_000));
  });
});
