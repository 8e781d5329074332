import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chat, collect } from '../support/gateway/chat.ts';
import { jwtSecret, jwtSettings, signJwt } from '../support/gateway/jwt.ts';
import { openMigratedFolder } from '../support/gateway/migrated-folder.ts';
import { startNode } from '../support/node/nodes.ts';
import { startGatewayProcess } from '../support/process/gateway-process.ts';
import { switchyard } from '../support/process/switchyard.ts';

const missing = 'bm90aGluZyBvZiB0aGlzIGtpbmQgd2FzIGV2ZXIgbWFkZQ';

test('neither the most verbose log nor any file of a gateway holds a token or a secret', async () => {
  await using folder = await openMigratedFolder();
  const settings = { DATA_DIR: folder.path, ...jwtSettings, LOG_LEVEL: 'trace' };
  const gateway = await startGatewayProcess(settings);
  await using _gateway = gateway;
  const made = await switchyard(settings, 'token', 'create', '--user', 'alice');
  const apiToken = made.stdout.trim();
  const jwt = await signJwt({ sub: 'alice' });
  const wrong = [`swu_${missing}`, `swn_${missing}`, `${jwt}x`, missing];

  const alice = Object.assign(gateway.as(apiToken), { url: gateway.url });
  const { token: nodeToken, ...node } = await startNode(alice, 'laptop');
  await node.beat();
  for (const token of [apiToken, jwt, nodeToken, ...wrong]) {
    const authorization = `Bearer ${token}`;
    const json = { authorization, 'content-type': 'application/json' };
    const body = JSON.stringify({ query: '{ viewer { userId } broken' });
    await fetch(`${gateway.url}/graphql`, { method: 'POST', headers: json, body });
    await fetch(`${gateway.url}/graphql/stream`, { method: 'PUT', headers: { authorization } });
    await fetch(`${gateway.url}/api/v1/sessions/999`, { headers: { authorization } });
  }
  const sessionId = await alice.createSession({ nodeIds: ['laptop'] });
  await collect(chat(gateway.as(jwt).client(), { sessionId, prompt: 'Hi.' }));
  gateway.kill('SIGTERM');
  await gateway.exited;

  const written = await textsOf(folder.path);
  expect(Object.keys(written)).toContain('switchyard.db');
  expect(gateway.lines.length).toBeGreaterThan(20);
  const texts = { ...written, stdout: gateway.stdout, stderr: gateway.stderr };
  const leaks = Object.entries(texts).flatMap(([name, text]) =>
    [apiToken, jwt, nodeToken, jwtSecret, missing, ...wrong]
      .filter((secret) => text.includes(secret))
      .map((secret) => `${name} has ${secret}`),
  );
  expect(leaks).toEqual([]);
});

async function textsOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts = files.map(async ({ parentPath, name }) => [
    name,
    await readFile(join(parentPath, name), 'latin1'),
  ]);
  return Object.fromEntries(await Promise.all(texts));
}
