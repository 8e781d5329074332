import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Cluster, type Member, startCluster } from '../support/cluster/cluster.ts';
import { createRandom } from '../support/files/random.ts';
import { chat, collect, follow, type SeenRunEvent, until } from '../support/gateway/chat.ts';
import { approveCall, denyCall } from '../support/gateway/tool-approval.ts';
import { text } from '../support/model/turn.ts';
import { endsOf, outputOf, run, untilGo } from '../support/node/agent-calls.ts';
import { createNodeSession, registerNode } from '../support/node/nodes.ts';
import { type Machine, openMachine } from '../support/process/agent-laptop.ts';
import { type AgentProcess, startAgent } from '../support/process/agent-process.ts';
import { describeWithServers } from '../support/process/servers.ts';

/** The calls of one step, which are in different states when a gateway is killed. */
const callsInAllStates = ['ended', 'running', 'racing', 'asked', 'denied'].map((name) =>
  run(`echo ${name} >> count; ${name === 'running' ? untilGo : 'sleep 0.05'}`, name),
);

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
      const messages = body['messages'] as { role: string; content: string }[];
      const last = messages.at(-1);
      if (last?.role === 'tool') return [text('Done.')];
      return last?.content === 'Work' ? [work] : callsInAllStates;
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

  /** Starts an agent whose inbox is on another gateway than its runs. A third one is for those who follow them. */
  async function startElsewhere(nodeId: string) {
    const [home, reader] = cluster.serving.filter((each) => each !== runs) as [Member, Member];
    const machine = await openMachine();
    const token = await registerNode(runs, nodeId);
    const others = cluster.serving.filter((each) => each !== home);
    for (const each of others) cluster.setServing(each, false);
    const agent = await startAgent(cluster.url, { token, ...machine, maxDispatches: 4 });
    for (const each of others) cluster.setServing(each, true);
    return { home, reader, machine, agent };
  }

  /** Starts a call that runs until the test says go, and follows its run. */
  async function startWork(nodeId: string): Promise<Working> {
    const { home, reader, machine, agent } = await startElsewhere(nodeId);
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
  const go = ({ machine }: Pick<Working, 'machine'>) => writeFile(join(machine.workspace, 'go'), '');
  const countOf = ({ machine }: Pick<Working, 'machine'>) =>
    readFile(join(machine.workspace, 'count'), 'utf8');

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

  const victims = ['the gateway of the run', 'the gateway of the node'];
  test.each(victims)(
    '%s is killed at any moment: each call of a step ends as it should, and runs once',
    async (victim) => {
      const seed = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000);
      const random = createRandom(seed);
      process.stdout.write(`The kill has the seed ${seed}: KILL_SEED=${seed} repeats it.\n`);
      const nodeId = victim.replaceAll(' ', '-');
      const { home, reader, machine, agent } = await startElsewhere(nodeId);
      await using _machine = machine;
      await using _agent = agent;
      const sessionId = await createNodeSession(runs, [nodeId], { toolApproval: 'ASK' });
      const begun = chat(runs.client(), { sessionId, prompt: 'Call' });
      const { runId } = (await begun.next()).value as SeenRunEvent;
      const all = collect(follow(reader.client(), runId));
      all.catch(() => undefined);
      const decide = async (callId: string, decideOn = approveCall) => {
        const { errors } = await decideOn(reader, { runId, callId });
        expect(errors ?? []).toEqual([]);
      };
      await until(follow(reader.client(), runId), 'ToolApprovalRequested');
      for (const callId of ['ended', 'running']) await decide(callId);
      await until(follow(reader.client(), runId), 'ToolCallFinished');
      await until(follow(reader.client(), runId), 'ToolOutputDelta', 'ready\n');
      const racing = decide('racing');
      await delay(random() * 300);
      const killed = victim === victims[0] ? runs : home;
      cluster.setServing(killed, false);
      killed.kill('SIGKILL');
      await racing;
      await decide('asked');
      await decide('denied', denyCall);
      await go({ machine });

      const ends = endsOf(await all);
      const statuses = Object.entries(ends).map(([callId, { status }]) => [callId, status]);
      expect(Object.fromEntries(statuses)).toEqual({
        ...{ ended: 'SUCCEEDED', running: 'SUCCEEDED', racing: 'SUCCEEDED', asked: 'SUCCEEDED' },
        denied: 'DENIED',
      });
      expect((await countOf({ machine })).trim().split('\n').toSorted()).toEqual([
        ...['asked', 'ended', 'racing', 'running'],
      ]);
      expect((await all).at(-1)).toMatchObject({ __typename: 'RunCompleted', message: { content: 'Done.' } });
      const terminal = (await all).filter(({ __typename }) =>
        /^Run(Completed|Failed|Cancelled)$/.test(__typename),
      );
      expect(terminal).toHaveLength(1);
    },
  );
});
