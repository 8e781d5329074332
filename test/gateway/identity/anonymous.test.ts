import { expect, test } from 'vitest';
import { hashToken } from '../../../src/base/secret-token.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { adminJwt, jwtSettings, signJwt } from '../../support/gateway/jwt.ts';
import { openMigratedFolder } from '../../support/gateway/migrated-folder.ts';

const owners = '{ sessions { edges { node { userId } } } }';
const anonymousSession = { sessions: { edges: [{ node: { userId: 'anonymous' } }] } };

test('a session that was created with AUTH=none is visible only to admins, and no token can name the user anonymous', async () => {
  await using folder = await openMigratedFolder();
  {
    await using open = await startTestGateway({ dataDir: folder.path });
    await open.createSession();
  }
  await using gateway = await startTestGateway({ dataDir: folder.path, settings: jwtSettings });
  // Earlier versions created such tokens.
  const apiToken = `swu_${'a'.repeat(43)}`;
  const data = { tokenHash: hashToken(apiToken), userId: 'anonymous', isAdmin: true };
  await gateway.services.database.apiToken.create({ data });

  for (const token of [apiToken, await signJwt({ sub: 'anonymous' }), await adminJwt('anonymous')]) {
    await expect(gateway.as(token).query(owners)).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      message: expect.stringContaining('anonymous'),
    });
  }
  expect(await gateway.as(await signJwt({ sub: 'alice' })).query(owners)).toEqual({
    sessions: { edges: [] },
  });
  expect(await gateway.as(await adminJwt('carol')).query(owners)).toEqual(anonymousSession);
});
