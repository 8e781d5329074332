import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, test } from 'vitest';
import { chat, collect, follow, textOf } from '../../support/gateway/chat.ts';
import type { TestGateway } from '../../support/gateway/gateway.ts';
import { openMigratedFolder } from '../../support/gateway/migrated-folder.ts';
import { startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import { createGate, text } from '../../support/model/turn.ts';

const shared = shareScriptedGateway({ settings: { LOG_LEVEL: 'error' } });
const sendDocument = 'mutation ($input: ChatInput!) { sendMessage(input: $input) { id status } }';

async function send(gateway: TestGateway, input: Record<string, unknown>) {
  const { data, errors } = await gateway.graphql(sendDocument, { input });
  expect(errors).toBeUndefined();
  return data.sendMessage as { id: string; status: string };
}

/** Makes the change of a run from QUEUED to a status fail in the database. Returns a function that allows it again. */
async function forbid({ services }: TestGateway, status: 'RUNNING' | 'CANCELLED') {
  const { database } = services;
  await database.$executeRawUnsafe(`CREATE TRIGGER "forbid_${status}" BEFORE UPDATE ON "Run"
    WHEN OLD."status" = 'QUEUED' AND NEW."status" = '${status}' BEGIN SELECT RAISE(ABORT, 'forbidden'); END`);
  return () => database.$executeRawUnsafe(`DROP TRIGGER "forbid_${status}"`);
}

test('a queued run that cannot be started in the database is started later without another prompt', async () => {
  const gateway = shared();
  const gate = createGate();
  gateway.model.script([gate, text('One.')], [text('Two.')]);
  const sessionId = await gateway.createSession();
  const first = collect(chat(gateway.client(), { sessionId, prompt: '1?' }));
  await gate.reached;
  const allow = await forbid(gateway, 'RUNNING');
  const second = await send(gateway, { sessionId, prompt: '2?', onBusy: 'ENQUEUE' });
  const followed = collect(follow(gateway.client(), second.id));

  gate.release();
  await first;
  await gateway.logged('the next run could not be started');
  await allow();

  expect(textOf(await followed)).toBe('Two.');
});

test('an INTERRUPT that cannot cancel a queued run in the database is accepted, and cancels it later', async () => {
  const gateway = shared();
  const gate = createGate();
  gateway.model.script([gate, text('Old.')], [text('New.')]);
  const sessionId = await gateway.createSession();
  await send(gateway, { sessionId, prompt: 'Old?' });
  await gate.reached;
  const waiting = await send(gateway, { sessionId, prompt: 'Waiting?', onBusy: 'ENQUEUE' });
  const allow = await forbid(gateway, 'CANCELLED');

  const accepted = await send(gateway, { sessionId, prompt: 'New?', onBusy: 'INTERRUPT' });
  await allow();

  expect(textOf(await collect(follow(gateway.client(), accepted.id)))).toBe('New.');
  const cancelled = await collect(follow(gateway.client(), waiting.id));
  expect(cancelled.at(-1)).toMatchObject({ __typename: 'RunCancelled' });
  expect(gateway.model.requests).toHaveLength(2);
});

test('while another process locks the database, health and reads answer, writes fail with OVERLOADED, and nothing is stored', async () => {
  await using folder = await openMigratedFolder();
  await using gateway = await startScriptedGateway({ dataDir: folder.path });
  const sessionId = await gateway.createSession();
  const lock = new Sqlite(join(folder.path, 'switchyard.db'));
  lock.exec('BEGIN IMMEDIATE');

  const settled: string[] = [];
  const sent = gateway.graphql(sendDocument, { input: { sessionId, prompt: 'Hi' } });
  const created = gateway.rest('/sessions/', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  for (const write of [sent, created]) void write.then(() => settled.push('write'));
  expect((await fetch(`${gateway.url}/health/live`)).status).toBe(200);
  const messages =
    '{ sessions(first: 5) { edges { node { messages(first: 5) { edges { node { id } } } } } } }';
  const empty = { sessions: { edges: [{ node: { messages: { edges: [] } } }] } };
  expect((await gateway.graphql(messages)).data).toEqual(empty);
  expect(settled).toEqual([]);

  expect((await sent).errors).toMatchObject([{ extensions: { code: 'OVERLOADED', retryAfter: 2 } }]);
  const refused = await created;
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
  lock.close();
  expect((await gateway.graphql(messages)).data).toEqual(empty);
});
