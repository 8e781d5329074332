import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { jwtSecret, jwtSettings, signJwt } from '../../support/gateway/jwt.ts';
import { whoIs } from '../../support/gateway/who-is.ts';
import { startKeyServer } from '../../support/http/key-server.ts';

const viewer = '{ viewer { userId isAdmin expiresAt } }';

const refused = (message: RegExp) => ({
  status: 401,
  challenge: 'Bearer',
  message: expect.stringMatching(message),
  extensions: { code: 'UNAUTHENTICATED' },
});

describe('JWTs that are signed with a secret', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    const settings = { ...jwtSettings, JWT_ISSUER: 'login', JWT_AUDIENCE: 'chat' };
    gateway = await startTestGateway({ settings });
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  const good = { iss: 'login', aud: 'chat', sub: 'alice' };

  test('a JWT names its user by its subject, and is still valid a second after it has expired', async () => {
    expect(await whoIs(gateway, await signJwt(good))).toMatchObject({ userId: 'alice', isAdmin: false });
    // The gateway allows clocks to differ by five seconds.
    expect(await whoIs(gateway, await signJwt({ ...good, expiresIn: -1 }))).toMatchObject({
      userId: 'alice',
    });
  });

  test.each([1e12, 1e300])(
    'a JWT that is valid for %d seconds is valid to the end of the year 9999',
    async (expiresIn) => {
      const seen = await whoIs(gateway, await signJwt({ ...good, expiresIn }));
      expect(seen).toMatchObject({ expiresAt: '9999-12-31T23:59:59.999Z' });
    },
  );

  test('a JWT that expires within a second is valid to the end of that second', async () => {
    const exp = Math.floor(Date.now() / 1_000) + 600;
    const seen = await whoIs(gateway, await signJwt({ ...good, expiresIn: 600.25 }));
    const { expiresAt } = seen as unknown as { expiresAt: string };
    // Five seconds are added, because clocks may differ.
    expect([exp + 6, exp + 7]).toContain(Date.parse(expiresAt) / 1_000);
  });

  test('the admin claim makes an admin only if its value is true', async () => {
    const admin = (claim: unknown) => signJwt({ ...good, switchyard_admin: claim });
    expect(await whoIs(gateway, await admin(true))).toMatchObject({ isAdmin: true });
    expect(await whoIs(gateway, await admin('true'))).toMatchObject({ isAdmin: false });
    expect(await whoIs(gateway, await admin(1))).toMatchObject({ isAdmin: false });
  });

  test.each([
    ['has expired', () => signJwt({ ...good, expiresIn: -60 }), /has expired/],
    ['never expires', () => signJwt({ ...good, expiresIn: null }), /"exp"/],
    ['is not valid yet', () => signJwt({ ...good, nbf: Date.now() / 1_000 + 600 }), /"nbf"/],
    ['names no user', () => signJwt({ iss: 'login', aud: 'chat' }), /"sub"/],
    ['names an empty user', () => signJwt({ ...good, sub: '' }), /"sub"/],
    ['names a user with a space before the name', () => signJwt({ ...good, sub: ' alice' }), /"sub"/],
    ['names a user with a line break in the name', () => signJwt({ ...good, sub: 'ali\nce' }), /control/],
    ['names the user anonymous', () => signJwt({ ...good, sub: 'anonymous' }), /another name: anonymous/],
    ['comes from another issuer', () => signJwt({ ...good, iss: 'other' }), /"iss"/],
    ['is for another audience', () => signJwt({ ...good, aud: 'other' }), /"aud"/],
    ['is signed with another secret', () => signJwt(good, 'x'.repeat(32)), /no JWT that this gateway trusts/],
    ['is signed by another algorithm', () => signJwt(good, jwtSecret.repeat(2), 'HS512'), /no JWT/],
    ['is not signed', () => new UnsecuredJWT(good).setExpirationTime('1h').encode(), /no JWT/],
    ['is not a JWT', () => 'hello', /no JWT/],
    ['is an unknown API token', () => `swu_${'a'.repeat(43)}`, /unknown/],
  ])('a token that %s is refused', async (_what, token, message) => {
    expect(await whoIs(gateway, await token())).toEqual(refused(message));
  });

  test('a JWT with changed claims is refused', async () => {
    const [header, , signature] = (await signJwt(good)).split('.');
    const claims = Buffer.from(JSON.stringify({ ...good, sub: 'bob', exp: 4_000_000_000 }));
    const forged = `${header}.${claims.toString('base64url')}.${signature}`;
    expect(await whoIs(gateway, forged)).toEqual(refused(/no JWT/));
  });

  test('a token in the query string or in a cookie is ignored', async () => {
    const token = await signJwt(good);
    const query = encodeURIComponent(viewer);
    const response = await fetch(`${gateway.url}/graphql?query=${query}&access_token=${token}`, {
      headers: { cookie: `token=${token}` },
    });
    expect(response.status).toBe(401);
  });

  test('GraphiQL, the documentation and the health of the gateway need no token', async () => {
    const page = await fetch(`${gateway.url}/graphql`, { headers: { accept: 'text/html' } });
    expect([page.status, page.headers.get('content-type')]).toEqual([
      200,
      expect.stringContaining('text/html'),
    ]);
    for (const path of ['/health/live', '/health/ready', '/api/v1/openapi.json', '/docs/']) {
      expect((await fetch(gateway.url + path)).status).toBe(200);
    }
  });

  test('an admin may create a session for another user, and sees the sessions of all users', async () => {
    const admin = gateway.as(await signJwt({ ...good, sub: 'carol', switchyard_admin: true }));
    await admin.createSession({ userId: 'alice' });
    await gateway.as(await signJwt({ ...good, sub: 'bob' })).createSession();
    const { sessions } = await admin.query('{ sessions { edges { node { userId } } } }');
    expect(sessions.edges.map(({ node }: { node: { userId: string } }) => node.userId)).toEqual([
      'bob',
      'alice',
    ]);
  });
});

describe('JWTs that are signed with a key of an issuer', () => {
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
    'a JWT signed by %s is accepted, and the public keys are fetched once',
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

  test('a new key of the issuer is accepted, and the key that it replaces is refused', async () => {
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

  test('a JWT signed with the public key as if it were a secret is refused', async () => {
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

  test('a JWT is answered with IDENTITY_UNAVAILABLE while the public keys cannot be fetched', async () => {
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
