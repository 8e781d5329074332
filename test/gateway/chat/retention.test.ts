import { expect, test } from 'vitest';
import { createLog } from '../../../src/log.ts';
import { chat, collect } from '../../support/gateway/chat.ts';
import { databaseIdOf } from '../../support/gateway/database-id.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { beginWatch, type SeenEvent, watch } from '../../support/gateway/watch.ts';
import { createGate, text } from '../../support/model/turn.ts';

const dayMs = 86_400_000;
const silent = createLog({ level: 'silent', format: 'json' });

/** Makes sessions look as if nothing had happened in them for so many days. */
async function age({ services }: TestGateway, ids: readonly string[], days: number): Promise<void> {
  const where = { id: { in: ids.map(databaseIdOf) } };
  const data = { lastActivityAt: new Date(Date.now() - days * dayMs) };
  await services.database.session.updateMany({ where, data });
}

async function left({ services }: TestGateway): Promise<number[]> {
  const sessions = await services.database.session.findMany({
    where: { deletedAt: null },
    orderBy: { id: 'asc' },
  });
  return sessions.map(({ id }) => id);
}

function deleted(seen: readonly SeenEvent[]): unknown[] {
  return seen
    .filter(({ __typename }) => __typename === 'SessionDeleted')
    .map((event) => event['deletedSessionId']);
}

test('sessions without activity are deleted, and pinned ones, younger ones and those that are answering stay', async () => {
  await using gateway = await startScriptedGateway({ settings: { LOG_LEVEL: 'info' } });
  const [old = '', archived = '', pinned = '', young = '', busy = ''] = await Promise.all(
    Array.from({ length: 5 }, () => gateway.createSession()),
  );
  const gate = createGate();
  gateway.model.script([text('Fine.')], [text('Half'), gate]);
  await collect(chat(gateway.client(), { sessionId: old, prompt: 'Hi' }));
  const run = collect(chat(gateway.client(), { sessionId: busy, prompt: 'Hi' }));
  await gate.reached;
  const change = (id: string, field: string) =>
    gateway.graphql(`mutation ($id: ID!) { ${field} { id } }`, { id });
  await change(archived, 'archiveSession(id: $id, archived: true)');
  await change(pinned, 'pinSession(id: $id, pinned: true)');
  await age(gateway, [old, archived, pinned, busy], 31);
  await age(gateway, [young], 29);

  const after = await beginWatch(gateway);
  const before = await left(gateway);
  await using events = watch(gateway, { after });
  // Two gateways may sweep at the same time.
  const { sessions } = gateway.services;
  const sweeps = [sessions.startRetention(30, silent), sessions.startRetention(30, silent)];
  await expect.poll(() => deleted(events.seen).length).toBeGreaterThanOrEqual(2);
  await Promise.all(sweeps.map((sweep) => sweep?.[Symbol.asyncDispose]()));

  const gone = [old, archived].map(databaseIdOf);
  expect(await left(gateway)).toEqual(before.filter((id) => !gone.includes(id)));
  expect(deleted(events.seen).toSorted()).toEqual([old, archived].toSorted());
  expect(await gateway.services.database.message.count()).toBe(2);
  gate.release();
  expect((await run).at(-1)?.__typename).toBe('RunCompleted');
});

test('the setting deletes at the start, in pieces, and each deletion is a line of the log', async () => {
  await using gateway = await startTestGateway({ settings: { SESSION_RETENTION_DAYS: '7' } });
  expect(gateway.services.sessions.startRetention(0, silent)).toBeUndefined();
  const ids = await Promise.all(Array.from({ length: 120 }, () => gateway.createSession()));
  await age(gateway, ids, 8);
  const written: string[] = [];
  const log = createLog({
    level: 'info',
    format: 'json',
    destination: { write: (line: string) => void written.push(line) },
  });
  await using _sweep = gateway.services.sessions.startRetention(7, log);
  await expect.poll(() => left(gateway), { timeout: 10_000 }).toEqual([]);
  await expect.poll(() => written.length).toBe(120);
  expect(JSON.parse(written[0] ?? '')).toMatchObject({ sessionId: expect.any(Number), userId: 'anonymous' });
});
