import { afterAll, beforeAll, expect, test } from 'vitest';
import { chat, collect, follow, type SeenRunEvent, textOf, until } from '../../support/gateway/chat.ts';
import { openScriptedCluster, type ScriptedCluster } from '../../support/gateway/cluster.ts';
import type { TestGateway } from '../../support/gateway/gateway.ts';
import { createGate, text } from '../../support/model/turn.ts';
import { type RedisServer, startRedisServer } from '../../support/process/redis-server.ts';
import { describeWithServers } from '../../support/process/servers.ts';

describeWithServers('gateways whose Redis fails', () => {
  let server: RedisServer;
  let cluster: ScriptedCluster;
  let [one, other] = [] as unknown as [TestGateway, TestGateway];
  beforeAll(async () => {
    server = await startRedisServer();
    cluster = await openScriptedCluster({ REDIS_URL: server.url });
    [one, other] = await Promise.all([cluster.start(), cluster.start()]);
  });
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  /** Begins a run on one gateway that a client follows on the other. The model waits at the gate after `Before `. */
  async function begin() {
    const gate = createGate();
    cluster.model.script([text('Before '), gate, text('and ', 'after.')]);
    const sessionId = await one.createSession();
    const own = chat(one.client(), { sessionId, prompt: 'Hi' });
    const first = (await own.next()).value as SeenRunEvent;
    const follower = follow(other.client(), first.runId);
    const seen = await until(follow(other.client(), first.runId), 'TextDelta', 'Before ');
    return { gate, own, first, follower, seen, runId: first.runId, sessionId };
  }
  const typesOf = (seen: SeenRunEvent[]) => seen.map(({ __typename }) => __typename);

  test.each([
    ['is emptied', () => server.command('FLUSHALL'), () => Promise.resolve()],
    ['is restarted', () => server.stop(), () => server.start()],
    ['is frozen for a while', async () => server.freeze(), async () => server.thaw()],
  ] satisfies [string, () => Promise<unknown>, () => Promise<void>][])(
    'Redis %s in the middle of a run, and followers elsewhere get all of it',
    async (_how, fail, mend) => {
      const { gate, own, follower } = await begin();
      await fail();
      gate.release();
      const all = await collect(own);
      expect(textOf(all)).toBe('Before and after.');
      expect(all.at(-1)?.__typename).toBe('RunCompleted');
      await mend();
      const seen = await collect(follower);
      const last = seen.at(-1) as SeenRunEvent;
      expect(last).toMatchObject({ __typename: 'RunCompleted', message: { content: 'Before and after.' } });
      // Where the log was out of reach when the run ended, a gap says so.
      if (!typesOf(seen).includes('HistoryGap')) expect(textOf(seen)).toBe('Before and after.');
      expect(seen.map(({ seq }) => seq)).toEqual(
        [...new Set(seen.map(({ seq }) => seq))].toSorted((a, b) => a - b),
      );
    },
  );

  test('Redis is away for a whole run: it is answered, stored, and told everywhere at its end', async () => {
    await server.stop();
    try {
      cluster.model.script([text('Without Redis')]);
      const sessionId = await one.createSession();
      const own = await collect(chat(one.client(), { sessionId, prompt: 'Hi' }));
      expect(textOf(own)).toBe('Without Redis');
      const seen = await collect(follow(other.client(), own[0]?.runId ?? ''));
      expect(typesOf(seen)).toEqual(['HistoryGap', 'RunCompleted']);
      expect(seen.at(-1)).toMatchObject({ message: { content: 'Without Redis' } });
    } finally {
      await server.start();
    }
  });

  test('a run is cancelled from another gateway while Redis is away', async () => {
    const { own, runId } = await begin();
    await server.stop();
    try {
      const data = await other.query(
        'mutation ($id: ID!) { cancelRun(input: { runId: $id }) { cancelled } }',
        { id: runId },
      );
      expect(data.cancelRun.cancelled).toBe(true);
      expect((await collect(own)).at(-1)).toMatchObject({ __typename: 'RunCancelled', cause: 'USER' });
    } finally {
      await server.start();
    }
  });

  test('/health/ready names what is missing, and the gateway stays in service', async () => {
    const ready = async () => {
      const response = await fetch(`${one.url}/health/ready`);
      return { code: response.status, body: (await response.json()) as unknown };
    };
    await server.stop();
    try {
      const body = { status: 'degraded', checks: { redis: 'it does not answer' } };
      await expect.poll(ready).toEqual({ code: 200, body });
    } finally {
      await server.start();
    }
    await expect.poll(ready).toEqual({ code: 200, body: { status: 'ok' } });
  });
});
