import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Cluster, type Member, startCluster } from '../../support/cluster/cluster.ts';
import { countStaged, sayPrompt } from '../../support/cluster/recordings.ts';
import { expectToldIsStored, type Told, witness } from '../../support/cluster/witness.ts';
import { createRandom } from '../../support/files/random.ts';
import { memo, sha256Of } from '../../support/gateway/audio-upload.ts';
import { createNodeSession, registerNode } from '../../support/node/nodes.ts';
import { type Machine, openMachine } from '../../support/process/agent-laptop.ts';
import { startAgent } from '../../support/process/agent-process.ts';
import { describeWithPostgres } from '../../support/process/postgres.ts';
import { describeWithRedis } from '../../support/process/redis.ts';

const leaseMs = 1_500;
const sessionCount = 8;
/** Sessions whose prompts run a command on a node. */
const nodeSessionCount = 3;
/** Chats that must end between two failures, so that each failure meets runs that have begun and runs that begin. */
const chatsBetween = 2;

type Failure = (cluster: Cluster, victim: Member) => Promise<void>;

const failures: Record<string, Failure> = {
  async 'a gateway is killed'(cluster, victim) {
    cluster.setServing(victim, false);
    victim.kill('SIGKILL');
    await victim.exited;
    await cluster.grow();
  },
  async 'a gateway freezes for longer than its lease'(cluster, victim) {
    cluster.setServing(victim, false);
    victim.kill('SIGSTOP');
    await delay(leaseMs * 2.5);
    victim.kill('SIGCONT');
    cluster.setServing(victim, true);
  },
  async 'a gateway is replaced'(cluster, victim) {
    await cluster.grow();
    cluster.setServing(victim, false);
    victim.kill('SIGTERM');
    await victim.exited;
  },
  async 'a gateway is cut off from Redis'(_cluster, victim) {
    victim.redis.setAway(true);
    await delay(leaseMs);
    victim.redis.setAway(false);
  },
  async 'Redis is away from all, and comes back empty'(cluster) {
    for (const { redis } of cluster.members) redis.setAway(true);
    await delay(leaseMs);
    await cluster.emptyRedis();
    for (const { redis } of cluster.members) redis.setAway(false);
  },
  async 'Redis freezes'(cluster) {
    for (const { redis } of cluster.members) redis.setFrozen(true);
    await delay(leaseMs);
    for (const { redis } of cluster.members) redis.setFrozen(false);
  },
  async 'PostgreSQL breaks all connections'(cluster) {
    await cluster.breakDatabase();
  },
  async 'a gateway is cut off from PostgreSQL'(_cluster, victim) {
    victim.postgres.setAway(true);
    await delay(leaseMs / 2);
    victim.postgres.setAway(false);
  },
  async 'PostgreSQL gives a gateway no more connections'(_cluster, victim) {
    victim.postgres.setFull(true);
    await delay(leaseMs / 2);
    victim.postgres.setFull(false);
  },
  async 'PostgreSQL fails commits'(cluster) {
    const accept = await cluster.refuseCommits();
    await delay(leaseMs);
    await accept();
  },
  async 'a gateway is killed in the middle of an upload'(cluster, victim) {
    const { upload, stored } = await sayPrompt(cluster);
    const broken = expect(upload(victim.url, { isWhole: false })).rejects.toThrow();
    await expect.poll(() => countStaged(cluster)).toBe(1);
    cluster.setServing(victim, false);
    victim.kill('SIGKILL');
    await broken;
    await cluster.grow();
    expect(await stored()).toBe(null);
    expect(await upload(cluster.url, { isWhole: true })).toBe(200);
    expect(await stored()).toEqual({ sha256: sha256Of(memo), size: memo.length });
  },
};

describeWithPostgres('three gateways', () => {
  describeWithRedis('in a storm of failures', () => {
    test('keep every acknowledged prompt, and tell each client what is stored, once and in order', {
      timeout: 240_000,
    }, async () => {
      const seed = Number(process.env['STORM_SEED'] ?? Date.now() % 1_000_000);
      process.stdout.write(`The storm has the seed ${seed}: STORM_SEED=${seed} repeats it.\n`);
      const random = createRandom(seed);
      await using cluster = await startCluster({
        clocks: [0, 60_000, -60_000],
        settings: {
          MODEL: 'demo',
          DEMO_DELAY_MS: '5',
          GATEWAY_LEASE_MS: String(leaseMs),
          SHUTDOWN_GRACE_MS: '5000',
          MAX_EVENT_LOOP_DELAY_MS: '0',
        },
      });
      await using machine = await openMachine();
      const token = await registerNode(cluster, 'laptop');
      await using _agent = await startAgent(cluster.url, { token, ...machine, maxDispatches: 4 });
      const told: Told[] = [];
      const isOver = { value: false };
      const talk = async (_: unknown, number: number) => {
        const hasNode = number < nodeSessionCount;
        const sessionId = await (hasNode ? createNodeSession(cluster, ['laptop']) : cluster.createSession());
        const prompts: string[] = [];
        while (!isOver.value) {
          const name = `${number}.${prompts.length + 1}`;
          const prompt = hasNode
            ? `Run \`echo ${name} >> ran.txt; sleep 0.1; echo done ${name}\``
            : `Prompt ${name}: write 40 words.`;
          prompts.push(prompt);
          told.push(await witness(cluster, { sessionId, prompt }));
        }
        return { sessionId, prompts };
      };
      const talks = Array.from({ length: sessionCount }, talk);
      const rested = async () => {
        const enough = told.length + chatsBetween;
        await expect.poll(() => told.length, { timeout: 60_000 }).toBeGreaterThanOrEqual(enough);
      };
      for (const name of shuffled(Object.keys(failures), random)) {
        await rested();
        const serving = cluster.serving;
        const victim = serving[Math.floor(random() * serving.length)];
        if (victim) await failures[name]?.(cluster, victim);
      }
      await rested();
      isOver.value = true;
      for (const { sessionId, prompts } of await Promise.all(talks)) {
        expect(await storedPrompts(cluster, sessionId)).toEqual(prompts);
      }
      for (const each of told) await expectToldIsStored(cluster, each);
      await expectRanOnce(machine, told);
    });
  });
});

/** Compares what ran on the node with what clients were told: nothing twice, and what succeeded has run. */
async function expectRanOnce({ workspace }: Machine, told: readonly Told[]): Promise<void> {
  const ran = (await readFile(join(workspace, 'ran.txt'), 'utf8')).trim().split('\n');
  expect(ran).toEqual([...new Set(ran)]);
  const succeeded = told
    .flatMap(({ events }) => events)
    .filter(({ __typename, status }) => __typename === 'ToolCallFinished' && status === 'SUCCEEDED');
  const names = succeeded.map(({ result = '' }) => /done (\S+)/.exec(result)?.[1]);
  expect(names.filter((name) => name === undefined || !ran.includes(name))).toEqual([]);
  expect(names.length).toBeGreaterThan(0);
}

async function storedPrompts(cluster: Cluster, id: string): Promise<string[]> {
  const document = `query ($id: ID!) {
    session(id: $id) { activeRun { id } messages(first: 100) { edges { node { role content } } } }
  }`;
  const { session } = await cluster.query(document, { id });
  expect(session.activeRun).toBe(null);
  const messages = session.messages.edges.map(
    ({ node }: { node: { role: string; content: string } }) => node,
  );
  return messages.flatMap(({ role, content }: { role: string; content: string }) =>
    role === 'USER' ? [content] : [],
  );
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
