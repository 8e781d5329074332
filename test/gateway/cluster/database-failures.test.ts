import { afterEach, beforeEach, expect, test } from 'vitest';
import { chat, collect, follow, type SeenRunEvent, textOf, until } from '../../support/gateway/chat.ts';
import { openScriptedCluster, type ScriptedCluster } from '../../support/gateway/cluster.ts';
import type { TestGateway } from '../../support/gateway/gateway.ts';
import { type ServerProxy, startServerProxy } from '../../support/http/server-proxy.ts';
import { createGate, text } from '../../support/model/turn.ts';
import { run } from '../../support/node/agent-calls.ts';
import { createNodeSession, startNode } from '../../support/node/nodes.ts';
import { refuseCommits } from '../../support/process/postgres.ts';
import { describeWithServers } from '../../support/process/servers.ts';
import { onServer, urlOfDatabase } from '../../support/suite/postgres-server.ts';

/** How many leases have not ended, by the clock of the server. */
function countLeases(database: string): Promise<number> {
  return onServer(async (server) => {
    const held = await server.query(
      `SELECT 1 FROM "Gateway" WHERE "leaseUntil" > clock_timestamp() AT TIME ZONE 'UTC'`,
    );
    return held.rowCount ?? 0;
  }, urlOfDatabase(database));
}

describeWithServers('gateways that cannot reach their database', () => {
  let cluster: ScriptedCluster;
  let proxy: ServerProxy;
  beforeEach(async () => {
    cluster = await openScriptedCluster({
      DATABASE_TIMEOUT_MS: '2000',
      GATEWAY_LEASE_MS: '3000',
      LOG_LEVEL: 'info',
    });
    proxy = await startServerProxy(cluster.settings['DATABASE_URL'] ?? '');
  });
  afterEach(async () => {
    await cluster[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
  });
  const startBehindProxy = () => cluster.start({ settings: { DATABASE_URL: proxy.url } });

  /** Begins a run that waits at its gate, with its text so far in the database. */
  async function begin(gateway: TestGateway) {
    const gate = createGate();
    cluster.model.script([text('Before '), gate, text('and ', 'after.')]);
    const sessionId = await gateway.createSession();
    const own = chat(gateway.client(), { sessionId, prompt: 'Hi' });
    const { runId } = (await own.next()).value as SeenRunEvent;
    await until(follow(gateway.client(), runId), 'TextDelta');
    const query = 'query ($id: ID!) { run(id: $id) { status assistantMessage { content status } } }';
    const read = async (from: TestGateway) => (await from.query(query, { id: runId })).run;
    await expect.poll(async () => (await read(gateway)).assistantMessage.content).toBe('Before ');
    return { gate, own, runId, read };
  }

  test('for longer than their leases: no run is taken over, and all go on when it is back', async () => {
    const [one, other] = [await startBehindProxy(), await startBehindProxy()];
    const { gate, own, runId, read } = await begin(one);
    const follower = follow(other.client(), runId);
    await follower.next();
    const rest = collect(follower);
    proxy.setAway(true);
    await expect.poll(() => countLeases(cluster.database)).toBe(0);
    gate.release();
    proxy.setAway(false);
    for (const gateway of [one, other]) await gateway.logged('could not renew its lease in time');

    expect(textOf(await collect(own))).toBe('Before and after.');
    const seen = await rest;
    expect(textOf(seen)).toBe('Before and after.');
    expect(seen.at(-1)).toMatchObject({ __typename: 'RunCompleted' });
    expect(await read(other)).toMatchObject({
      status: 'COMPLETED',
      assistantMessage: { content: 'Before and after.' },
    });
  });

  test('while others can: they end its run, and it gives the run up when it is back', async () => {
    const [one, other] = [await startBehindProxy(), await cluster.start()];
    const { gate, own, runId, read } = await begin(one);
    proxy.setFrozen(true);
    const seen = await collect(follow(other.client(), runId));
    expect(seen.at(-1)).toMatchObject({ __typename: 'RunFailed', code: 'INTERRUPTED' });
    // What the model writes now reaches nobody.
    gate.release();
    proxy.setFrozen(false);
    await one.logged('another gateway has taken over a run');
    const rest = await collect(own);
    expect(textOf(rest)).toBe('Before ');
    expect(rest.at(-1)).toMatchObject({ __typename: 'RunFailed', seq: seen.at(-1)?.seq });
    expect(await read(one)).toEqual({
      status: 'FAILED',
      assistantMessage: { content: 'Before ', status: 'INTERRUPTED' },
    });
  });

  test('while others can: a result that it could not store is not lost, because its node keeps it', async () => {
    const [one, other] = [await startBehindProxy(), await cluster.start()];
    await using node = await startNode(other, 'laptop');
    cluster.model.script([run('make')], [text('Made.')]);
    const sessionId = await createNodeSession(other, ['laptop']);
    const own = chat(one.client(), { sessionId, prompt: 'Work' });
    const { runId } = (await own.next()).value as SeenRunEvent;
    const { dispatchId } = await node.take();
    const seen = collect(follow(other.client(), runId));
    proxy.setFrozen(true);
    // The agent reports again if it has waited for too long.
    const reported = node
      .finish(dispatchId, { result: 'made', exitCode: 0 })
      .catch((error: unknown) => error);
    expect((await seen).filter(({ __typename }) => __typename === 'ToolCallFinished')).toMatchObject([
      { status: 'SUCCEEDED', result: 'made' },
    ]);
    expect((await seen).at(-1)).toMatchObject({ __typename: 'RunCompleted', message: { content: 'Made.' } });
    expect([true, expect.objectContaining({ code: 'OVERLOADED' })]).toContainEqual(await reported);
    expect(await node.finish(dispatchId, { result: 'made', exitCode: 0 })).toBe(true);
    proxy.setFrozen(false);
    await own.return(undefined);
  });

  const cancel = 'mutation ($id: ID!) { cancelRun(input: { runId: $id }) { cancelled } }';
  const ends = (events: SeenRunEvent[]) =>
    events.filter(({ __typename }) => /^Run(Completed|Cancelled|Failed)$/.test(__typename));

  test('to commit an end: it is told when it is stored, once', async () => {
    const [one, other] = [await cluster.start(), await cluster.start()];
    const { own, runId } = await begin(one);
    const seen = collect(follow(other.client(), runId));
    const accept = await refuseCommits(cluster.database, 'CANCELLED');
    const cancelled = other.query(cancel, { id: runId });
    await one.logged('an ended run could not be saved');
    await accept();
    expect(await cancelled).toEqual({ cancelRun: { cancelled: true } });
    expect(ends(await seen)).toMatchObject([{ __typename: 'RunCancelled', cause: 'USER' }]);
    expect(ends(await collect(own))).toEqual(ends(await seen));
  });

  test('to commit an end, and then at all: it is told once, as another gateway has stored it', async () => {
    const [one, other] = [await startBehindProxy(), await cluster.start()];
    const { own, runId } = await begin(one);
    const seen = collect(follow(other.client(), runId));
    await refuseCommits(cluster.database, 'CANCELLED');
    const { errors } = await one.graphql(cancel, { id: runId });
    expect(errors).toMatchObject([{ message: expect.stringContaining('its end could not be saved yet') }]);
    proxy.setFrozen(true);
    expect(ends(await seen)).toMatchObject([{ __typename: 'RunFailed', code: 'INTERRUPTED' }]);
    proxy.setFrozen(false);
    expect(ends(await collect(own))).toEqual(ends(await seen));
    expect(ends(await collect(follow(other.client(), runId)))).toEqual(ends(await seen));
  });
});
