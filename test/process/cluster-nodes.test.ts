import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
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
      GATEWAY_LEASE_MS: '1500',
      NODE_HEARTBEAT_MS: '1000',
      NODE_GRACE_MS: '20000',
      RUN_LOG_TTL_MS: '60000',
    };
    cluster = await startCluster({ gateways: 3, settings });
    runs = cluster.members[0] as Member;
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

  /** Starts an agent whose inbox is on another gateway than its run, and a call that runs until the test says go. */
  async function startWork(nodeId: string): Promise<Working> {
    const home = cluster.serving.find((each) => each !== runs) as Member;
    const machine = await openMachine();
    const token = await registerNode(runs, nodeId);
    const others = cluster.serving.filter((each) => each !== home);
    for (const each of others) cluster.setServing(each, false);
    const agent = await startAgent(cluster.url, { token, ...machine });
    for (const each of others) cluster.setServing(each, true);
    cluster.model.script([run(`echo started >> count; ${untilGo}; echo gone`)], [text('Done.')]);
    const sessionId = await createNodeSession(runs, [nodeId]);
    const told = await until(
      chat(runs.client(), { sessionId, prompt: 'Work' }),
      'ToolOutputDelta',
      'ready\n',
    );
    const runId = told[0]?.runId ?? '';
    const reader = cluster.serving.find((each) => each !== home && each !== runs) ?? runs;
    return {
      ...{ machine, agent, home, runId },
      all: collect(follow(reader.client(), runId)),
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
    await cluster.grow();
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
    await cluster.grow();
  });

  /** Kills the gateway of the run. Another one has the next runs. */
  async function killRuns(): Promise<void> {
    const killed = runs;
    cluster.setServing(killed, false);
    killed.kill('SIGKILL');
    await killed.exited;
    runs = cluster.serving[0] as Member;
    await cluster.grow();
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
