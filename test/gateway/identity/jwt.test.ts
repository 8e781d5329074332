import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { adminJwt, jwtSecret, jwtSettings, signJwt } from '../../support/gateway/jwt.ts';
import { whoIs } from '../../support/gateway/who-is.ts';
import { startKeyServer } from '../../support/http/key-server.ts';

const viewer = '{ viewer { userId isAdmin expiresAt } }';

const refused = (message: RegExp) => ({
  status: 401,
  challenge: 'Bearer',
  message: expect.stringMatching(message),
  extensions: { code: 'UNAUTHENTICATED' },
});

describe('with a secret', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    const settings = { ...jwtSettings, JWT_ISSUER: 'login', JWT_AUDIENCE: 'chat' };
    gateway = await startTestGateway({ settings });
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  const good = { iss: 'login', aud: 'chat', sub: 'alice' };

  test('the user is the subject of the token', async () => {
    expect(await whoIs(gateway, await signJwt(good))).toMatchObject({ userId: 'alice', isAdmin: false });
    // One that has just expired, by a clock that is a little ahead.
    expect(await whoIs(gateway, await signJwt({ ...good, expiresIn: -1 }))).toMatchObject({
      userId: 'alice',
    });
  });

  test.each([1e12, 1e300])(
    'one that is good for %d seconds is good to the end of the calendar',
    async (expiresIn) => {
      const seen = await whoIs(gateway, await signJwt({ ...good, expiresIn }));
      expect(seen).toMatchObject({ expiresAt: '9999-12-31T23:59:59.999Z' });
    },
  );

  test('one that ends within a second is good to the end of that second', async () => {
    const exp = Math.floor(Date.now() / 1_000) + 600;
    const seen = await whoIs(gateway, await signJwt({ ...good, expiresIn: 600.25 }));
    const { expiresAt } = seen as unknown as { expiresAt: string };
    // With the five seconds that clocks may be apart.
    expect([exp + 6, exp + 7]).toContain(Date.parse(expiresAt) / 1_000);
  });

  test('a claim makes an admin, when it is true and nothing like it', async () => {
    const admin = (claim: unknown) => signJwt({ ...good, switchyard_admin: claim });
    expect(await whoIs(gateway, await admin(true))).toMatchObject({ isAdmin: true });
    expect(await whoIs(gateway, await admin('true'))).toMatchObject({ isAdmin: false });
    expect(await whoIs(gateway, await admin(1))).toMatchObject({ isAdmin: false });
  });

  test.each([
    ['has expired', () => signJwt({ ...good, expiresIn: -60 }), /has expired/],
    ['never expires', () => signJwt({ ...good, expiresIn: null }), /"exp"/],
    ['is not good yet', () => signJwt({ ...good, nbf: Date.now() / 1_000 + 600 }), /"nbf"/],
    ['names no user', () => signJwt({ iss: 'login', aud: 'chat' }), /"sub"/],
    ['names an empty user', () => signJwt({ ...good, sub: '' }), /"sub"/],
    ['names a user with spaces around', () => signJwt({ ...good, sub: ' alice' }), /"sub"/],
    ['names a user with a line break within', () => signJwt({ ...good, sub: 'ali\nce' }), /control/],
    ['names everybody', () => signJwt({ ...good, sub: 'anonymous' }), /another name: anonymous/],
    ['comes from somebody else', () => signJwt({ ...good, iss: 'other' }), /"iss"/],
    ['is for somebody else', () => signJwt({ ...good, aud: 'other' }), /"aud"/],
    ['is signed with another secret', () => signJwt(good, 'x'.repeat(32)), /no JWT that this gateway trusts/],
    ['is signed by another algorithm', () => signJwt(good, jwtSecret.repeat(2), 'HS512'), /no JWT/],
    ['is not signed', () => new UnsecuredJWT(good).setExpirationTime('1h').encode(), /no JWT/],
    ['is no JWT', () => 'hello', /no JWT/],
    ['is an API token nobody made', () => `swu_${'a'.repeat(43)}`, /unknown/],
  ])('a token that %s is refused', async (_what, token, message) => {
    expect(await whoIs(gateway, await token())).toEqual(refused(message));
  });

  test('a token whose claims were changed is refused', async () => {
    const [header, , signature] = (await signJwt(good)).split('.');
    const claims = Buffer.from(JSON.stringify({ ...good, sub: 'bob', exp: 4_000_000_000 }));
    const forged = `${header}.${claims.toString('base64url')}.${signature}`;
    expect(await whoIs(gateway, forged)).toEqual(refused(/no JWT/));
  });

  test('a token counts in the header alone', async () => {
    const token = await signJwt(good);
    const query = encodeURIComponent(viewer);
    const response = await fetch(`${gateway.url}/graphql?query=${query}&access_token=${token}`, {
      headers: { cookie: `token=${token}` },
    });
    expect(response.status).toBe(401);
  });

  test('GraphiQL, the documentation and the health of the gateway are everybody’s', async () => {
    const page = await fetch(`${gateway.url}/graphql`, { headers: { accept: 'text/html' } });
    expect([page.status, page.headers.get('content-type')]).toEqual([
      200,
      expect.stringContaining('text/html'),
    ]);
    for (const path of ['/health/live', '/health/ready', '/api/v1/openapi.json', '/docs/']) {
      expect((await fetch(gateway.url + path)).status).toBe(200);
    }
  });
});

describe('with the public keys of an issuer', () => {
  async function start() {
    const keys = await startKeyServer();
    const settings = { AUTH: 'jwt', JWT_JWKS_URL: keys.url, JWT_ISSUER: 'login', JWT_AUDIENCE: 'chat' };
    return { keys, gateway: await startTestGateway({ settings }) };
  }
  const signWith = (key: CryptoKey, alg: string, kid: string) =>
    new SignJWT({ iss: 'login', aud: 'chat', sub: 'alice' })
      .setProtectedHeader({ alg, kid })
      .setExpirationTime('1h')
      .sign(key);

  test.each(['RS256', 'ES256', 'EdDSA'])(
    'a token signed by %s is good, and the keys are fetched once',
    async (alg) => {
      const { keys, gateway } = await start();
      await using _keys = keys;
      await using _gateway = gateway;
      const pair = await generateKeyPair(alg);
      keys.publish({ ...(await exportJWK(pair.publicKey)), alg, kid: 'one' });
      const token = await signWith(pair.privateKey, alg, 'one');

      expect(await whoIs(gateway, token)).toMatchObject({ userId: 'alice' });
      expect(await whoIs(gateway, token)).toMatchObject({ userId: 'alice' });
      expect(keys.requests).toBe(1);
    },
  );

  test('a key that replaces another one is taken, and the other one is good no more', async () => {
    const { keys, gateway } = await start();
    await using _keys = keys;
    await using _gateway = gateway;
    const [first, second] = [await generateKeyPair('ES256'), await generateKeyPair('ES256')];
    keys.publish({ ...(await exportJWK(first.publicKey)), alg: 'ES256', kid: 'first' });
    const old = await signWith(first.privateKey, 'ES256', 'first');
    expect(await whoIs(gateway, old)).toMatchObject({ userId: 'alice' });

    keys.publish({ ...(await exportJWK(second.publicKey)), alg: 'ES256', kid: 'second' });

    const token = await signWith(second.privateKey, 'ES256', 'second');
    await expect.poll(() => whoIs(gateway, token), { timeout: 10_000 }).toMatchObject({ userId: 'alice' });
    expect(await whoIs(gateway, old)).toEqual(refused(/no JWT/));
  });

  test('a token signed with the public key as if it were a secret is refused', async () => {
    const { keys, gateway } = await start();
    await using _keys = keys;
    await using _gateway = gateway;
    const { publicKey } = await generateKeyPair('RS256', { extractable: true });
    keys.publish({ ...(await exportJWK(publicKey)), kid: 'one' });
    const claims = { iss: 'login', aud: 'chat', sub: 'alice' };
    expect(await whoIs(gateway, await signJwt(claims, await exportSPKI(publicKey)))).toEqual(
      refused(/no JWT/),
    );
  });

  test('while the keys cannot be had, that is what is said, and API tokens are good', async () => {
    const { keys, gateway } = await start();
    await using _gateway = gateway;
    const { privateKey } = await generateKeyPair('ES256');
    const token = await signWith(privateKey, 'ES256', 'one');

    keys.publish();
    expect(await whoIs(gateway, token)).toMatchObject({ status: 503 });
    await keys[Symbol.asyncDispose]();

    expect(await whoIs(gateway, token)).toEqual({
      status: 503,
      challenge: null,
      message: 'The keys that tokens are signed with cannot be fetched; try again in a moment.',
      extensions: { code: 'IDENTITY_UNAVAILABLE' },
    });
    const rest = await gateway.rest('/sessions/', { headers: { authorization: `Bearer ${token}` } });
    expect([rest.status, await rest.json()]).toEqual([503, { detail: expect.stringContaining('keys') }]);
  });
});

test('an admin acts for others, and sees all that there is', async () => {
  await using gateway = await startTestGateway({ settings: jwtSettings });
  const admin = gateway.as(await adminJwt('carol'));
  await admin.createSession({ userId: 'alice' });
  await gateway.as(await signJwt({ sub: 'bob' })).createSession();
  const { sessions } = await admin.query('{ sessions { edges { node { userId } } } }');
  expect(sessions.edges.map(({ node }: { node: { userId: string } }) => node.userId)).toEqual([
    'bob',
    'alice',
  ]);
});
