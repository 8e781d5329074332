import Sqlite from 'better-sqlite3';
import { expect, test } from 'vitest';
import { startScriptedProcess } from '../support/process/scripted-process.ts';

/** Adds messages to the only session: the text of the newest does not fit into a result. */
function addMessages(dataDir: string) {
  const database = new Sqlite(`${dataDir}/switchyard.db`);
  const add = database.prepare(
    `INSERT INTO "Message" ("sessionId", "role", "status", "content", "createdAt")
     SELECT "id", 'USER', 'COMPLETE', ?, '2026-01-31T12:00:00.000+00:00' FROM "Session"`,
  );
  for (const length of [1, 1, 1, 60_000]) add.run('x'.repeat(length));
  database.close();
}

test('a query with an item that fails while earlier items are loaded does not end the process', async () => {
  await using gateway = await startScriptedProcess({ MAX_RESPONSE_BYTES: '50000' });
  const id = await gateway.createSession();
  addMessages(gateway.dataDir);
  const query =
    'query ($id: ID!) { session(id: $id) { messages { edges { node { content run { status } session { title } } } } } }';
  const { errors } = await gateway.graphql(query, { id });
  expect(errors?.[0]?.extensions['code']).toBe('QUERY_TOO_COMPLEX');
  expect((await gateway.graphql('{ viewer { userId } }')).errors).toBeUndefined();
  // On a busy machine the start may find the model server slow, and warn.
  const faults = gateway.lines.filter(({ level, msg }) => Number(level) >= 40 && !msg.includes('is away'));
  expect(faults).toEqual([]);
});

test('a rejection that nothing handles is logged with its stack, and the gateway goes on', async () => {
  const fault = "process.on('SIGUSR2', () => Promise.reject(new Error('a fault')))";
  await using gateway = await startScriptedProcess({
    NODE_OPTIONS: `--import "data:text/javascript,${encodeURIComponent(fault)}"`,
  });
  gateway.kill('SIGUSR2');
  const { level, err } = await gateway.logged('nothing handled it');
  expect({ level, err }).toMatchObject({
    level: 50,
    err: { message: 'a fault', stack: expect.stringContaining('at ') },
  });
  expect((await gateway.graphql('{ viewer { userId } }')).errors).toBeUndefined();
});
