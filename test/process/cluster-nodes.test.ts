import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Cluster, type Member, startCluster } from '../support/cluster/cluster.ts';
import { chat, collect, follow, type SeenRunEvent, until } from '../support/gateway/chat.ts';
import { text } from '../support/model/turn.ts';
import { endsOf, outputOf, run, untilGo } from '../support/node/agent-calls.ts';
import { createNodeSession, registerNode } from '../support/node/nodes.ts';
import { type Machine, openMachine } from '../support/process/agent-laptop.ts';
import { type AgentProcess, startAgent } from '../support/process/agent-process.ts';
import { describeWithServers } from '../support/process/servers.ts';

describeWithServers('the agent program behind a load balancer', () => {
  let cluster: Cluster;
  /** Has the runs. */
  let runs: Member;
  beforeAll(async () => {
    const settings = {
      GATEWAY_LEASE_MS: '3000',
      NODE_HEARTBEAT_MS: '1000',
      NODE_GRACE_MS: '20000',
      RUN_LOG_TTL_MS: '60000',
      // A gateway that gets no processor for longer than its lease loses its run, which goes on elsewhere.
      RESUME_RUNS: 'all',
    };
    cluster = await startCluster({ gateways: 3, settings });
    const work = run(`echo started >> count; ${untilGo}; echo gone`);
    cluster.model.otherwise(({ body }) => {
      const messages = body['messages'] as { role: string }[];
      return messages.at(-1)?.role === 'tool' ? [text('Done.')] : [work];
    });
  });
  beforeEach(async () => {
    await cluster.mend();
    runs = cluster.serving[0] as Member;
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  interface Working extends AsyncDisposable {
    machine: Machine;
    agent: AgentProcess;
    /** The gateway that has the inbox of the node. */
    home: Member;
    all: Promise<SeenRunEvent[]>;
    runId: string;
  }

  /**
   * Starts an agent whose inbox is on another gateway than its run, and a call that runs until the test says go. The run is
   * followed on a third one.
   */
  async function startWork(nodeId: string): Promise<Working> {
    const [home, reader] = cluster.serving.filter((each) => each !== runs) as [Member, Member];
    const machine = await openMachine();
    const token = await registerNode(runs, nodeId);
    const others = cluster.serving.filter((each) => each !== home);
    for (const each of others) cluster.setServing(each, false);
    const agent = await startAgent(cluster.url, { token, ...machine });
    for (const each of others) cluster.setServing(each, true);
    const sessionId = await createNodeSession(runs, [nodeId]);
    const begun = chat(runs.client(), { sessionId, prompt: 'Work' });
    const told = await until(begun, 'ToolOutputDelta', 'ready\n');
    expect(told.at(-1)).toMatchObject({ __typename: 'ToolOutputDelta', text: 'ready\n' });
    const runId = told[0]?.runId ?? '';
    const all = collect(follow(reader.client(), runId));
    // A test that has failed before waits for it no more.
    all.catch(() => undefined);
    return {
      ...{ machine, agent, home, runId, all },
      async [Symbol.asyncDispose]() {
        await agent[Symbol.asyncDispose]();
        await machine[Symbol.asyncDispose]();
      },
    };
  }
  const go = ({ machine }: Working) => writeFile(join(machine.workspace, 'go'), '');
  const countOf = ({ machine }: Working) => readFile(join(machine.workspace, 'count'), 'utf8');

  test('goes on with its call when Redis is away for a while', async () => {
    await using work = await startWork('outage');
    for (const { redis } of cluster.members) redis.setAway(true);
    await delay(2_000);
    for (const { redis } of cluster.members) redis.setAway(false);
    await go(work);
    const seen = await work.all;
    expect(endsOf(seen)['a']).toMatchObject({ status: 'SUCCEEDED', result: 'ready\ngone\n' });
    expect(outputOf(seen)).toBe('ready\ngone\n');
    expect(await countOf(work)).toBe('started\n');
    expect(seen.at(-1)?.__typename).toBe('RunCompleted');
  });

  test('connects elsewhere when its gateway is killed, and its call has run once', async () => {
    await using work = await startWork('survivor');
    cluster.setServing(work.home, false);
    work.home.kill('SIGKILL');
    await work.agent.printed('online: node', 2);
    const query = '{ agentNode(nodeId: "survivor") { connection runningDispatches } }';
    await expect
      .poll(async () => (await runs.query(query)).agentNode, { timeout: 10_000 })
      .toEqual({ connection: 'ONLINE', runningDispatches: 1 });
    await go(work);
    const seen = await work.all;
    expect(endsOf(seen)['a']).toMatchObject({ status: 'SUCCEEDED', result: 'ready\ngone\n' });
    expect(outputOf(seen)).toBe('ready\ngone\n');
    expect(await countOf(work)).toBe('started\n');
  });

  test('reports what ended while no gateway had its inbox', async () => {
    await using work = await startWork('late');
    const others = cluster.serving.filter((each) => each !== work.home);
    for (const each of cluster.serving) cluster.setServing(each, false);
    work.home.kill('SIGKILL');
    await go(work);
    await work.agent.printed('→ exit 0');
    for (const each of others) cluster.setServing(each, true);
    expect(endsOf(await work.all)['a']).toMatchObject({ status: 'SUCCEEDED', result: 'ready\ngone\n' });
    expect(await countOf(work)).toBe('started\n');
  });

  /** Kills the gateway of the run. */
  async function killRuns(): Promise<void> {
    cluster.setServing(runs, false);
    runs.kill('SIGKILL');
    await runs.exited;
  }

  test('goes on with its call when the gateway of its run is killed, and another one goes on with the run', async () => {
    await using work = await startWork('kept');
    await killRuns();
    await go(work);
    const seen = await work.all;
    expect(endsOf(seen)['a']).toMatchObject({ status: 'SUCCEEDED', result: 'ready\ngone\n' });
    expect(await countOf(work)).toBe('started\n');
    expect(seen.at(-1)?.__typename).toBe('RunCompleted');
  });

  test('is told to stop when the gateway of its run was killed and the run is cancelled', async () => {
    await using work = await startWork('orphan');
    await killRuns();
    const cancel = 'mutation ($id: ID!) { cancelRun(input: { runId: $id }) { run { status } } }';
    await cluster.query(cancel, { id: work.runId });
    await work.agent.printed('→ cancelled');
    expect(await countOf(work)).toBe('started\n');
    expect(endsOf(await work.all)['a'] ?? { status: 'CANCELLED' }).toMatchObject({ status: 'CANCELLED' });
  });
});
