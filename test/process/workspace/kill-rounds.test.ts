import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ResourceStack } from '../../../src/base/resource-stack.ts';
import { createRandom } from '../../support/files/random.ts';
import { readTree } from '../../support/files/read-tree.ts';
import { openTemporaryFolder } from '../../support/files/temporary-folder.ts';
import { openMigratedFolder } from '../../support/gateway/migrated-folder.ts';
import { registerNode } from '../../support/node/nodes.ts';
import { type AgentProcess, spawnAgent } from '../../support/process/agent-process.ts';
import { type GatewayProcess, startGatewayProcess } from '../../support/process/gateway-process.ts';

const seed = Number(process.env['SYNC_SEED'] ?? 16);
const rounds = Number(process.env['SYNC_ROUNDS'] ?? 4);
const nodeIds = ['lead', 'second', 'third'];

interface Node {
  nodeId: string;
  token: string;
  /** The workspace of the agent. */
  home: string;
  /** The files of the session. */
  folder: string;
  agent: AgentProcess;
  /** What the files in the folder of its own must be in the end: nobody else writes there. */
  own: Map<string, string>;
}

interface Play {
  gateway: GatewayProcess;
  nodes: Node[];
  sessionId: string;
  random(): number;
  /** Texts that were written once, to a path that nothing else ever touched. */
  written: Set<string>;
}

const attach = `mutation ($sessionId: ID!, $nodeIds: [String!]!, $workspace: WorkspaceInput!) {
  attachNodes(sessionId: $sessionId, nodeIds: $nodeIds, workspace: $workspace) { workspace { workspaceId } } }`;
const statusDocument = `query ($id: ID!) { session(id: $id) {
  nodes { node { nodeId } syncStatus manifestHash error } } }`;

async function put(node: Node, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(node.folder, path)), { recursive: true });
  await writeFile(join(node.folder, path), text);
}

/** Changes some files on a node: in a folder of its own, and in one where others change the same files. */
async function edit({ random, written }: Play, node: Node, round: number): Promise<void> {
  const pick = (count: number) => Math.floor(random() * count);
  for (let step = 0; step < 30; step += 1) {
    const text = `${node.nodeId} ${round}.${step} ${'x'.repeat(pick(5_000))}`;
    const path = `${node.nodeId}/d${pick(4)}/f${pick(12)}`;
    const known = [...node.own.keys()];
    const old = known[pick(known.length)];
    const what = pick(10);
    if (what < 5 || old === undefined) {
      await put(node, path, text);
      node.own.set(path, text);
    } else if (what < 7) {
      await rm(join(node.folder, old));
      node.own.delete(old);
    } else if (what < 9) {
      const moved = `${node.nodeId}/moved ${round}-${step}\n😀`;
      await rename(join(node.folder, old), join(node.folder, moved));
      node.own.set(moved, node.own.get(old) ?? '');
      node.own.delete(old);
    } else {
      await chmod(join(node.folder, old), 0o755);
    }
    // The same name on all nodes at once: one version stays, the others are kept beside it.
    if (step % 10 === 0) {
      await put(node, `shared/${round}-${step}`, text);
      written.add(text);
    }
  }
}

async function killSomething(
  play: Play,
  settings: { DATA_DIR: string } & Record<string, string>,
): Promise<void> {
  const { random, nodes } = play;
  await delay(random() * 600);
  const victim = Math.floor(random() * (nodes.length + 1));
  const node = nodes[victim];
  if (node === undefined) {
    play.gateway.kill('SIGKILL');
    await play.gateway.exited;
    const port = new URL(play.gateway.url).port;
    play.gateway = await startGatewayProcess({ ...settings, PORT: port });
    return;
  }
  node.agent.kill('SIGKILL');
  await node.agent.exited;
  node.agent = spawnAgent(play.gateway.url, { token: node.token, workspace: node.home });
}

/** The nodes that do not have what the lead has; empty when all are the same. */
async function behind({ gateway, sessionId }: Play): Promise<string> {
  const { nodes } = (await gateway.query(statusDocument, { id: sessionId })).session;
  const isBehind = ({ syncStatus, manifestHash }: { syncStatus: string; manifestHash: string }) =>
    !['SYNCED', 'CONFLICT'].includes(syncStatus) || manifestHash !== nodes[0].manifestHash;
  return JSON.stringify(nodes.filter(isBehind));
}

test(`agents and a gateway that are killed at any moment end with the same files, and nothing is lost (seed ${seed})`, {
  timeout: 180_000,
}, async () => {
  await using data = await openMigratedFolder();
  await using homes = await openTemporaryFolder();
  await using resources = new ResourceStack();
  const settings = { DATA_DIR: data.path, NODE_HEARTBEAT_MS: '1000' };
  const gateway = await startGatewayProcess(settings);
  const play: Play = {
    ...{ gateway, nodes: [], random: createRandom(seed), written: new Set() },
    sessionId: await gateway.createSession(),
  };
  resources.use({ [Symbol.asyncDispose]: () => play.gateway[Symbol.asyncDispose]() });
  for (const nodeId of nodeIds) {
    const home = join(homes.path, nodeId);
    await mkdir(join(home, 'project'), { recursive: true });
    const token = await registerNode(gateway, nodeId);
    const agent = spawnAgent(gateway.url, { token, workspace: home });
    const node: Node = { nodeId, token, home, folder: join(home, 'project'), agent, own: new Map() };
    play.nodes.push(node);
    resources.use({ [Symbol.asyncDispose]: () => node.agent[Symbol.asyncDispose]() });
  }
  const { sessionId } = play;
  const workspace = { source: 'NODE_LOCAL', sourceNodeId: 'lead', path: 'project' };
  const { attachNodes } = await gateway.query(attach, { sessionId, nodeIds, workspace });
  for (const node of play.nodes.slice(1)) {
    node.folder = join(node.home, '.switchyard', attachNodes.workspace.workspaceId);
  }
  await expect.poll(() => behind(play), { timeout: 30_000 }).toBe('[]');

  for (let round = 0; round < rounds; round += 1) {
    await Promise.all([...play.nodes.map((node) => edit(play, node, round)), killSomething(play, settings)]);
  }
  await expect.poll(() => behind(play), { timeout: 60_000, interval: 200 }).toBe('[]');

  const trees = await Promise.all(play.nodes.map(({ folder }) => readTree(folder)));
  expect(trees[1]).toEqual(trees[0]);
  expect(trees[2]).toEqual(trees[0]);
  const texts = new Map(
    Object.entries(trees[0] ?? {}).map(([path, text]) => [path, text.replace(/^\d+ /, '')]),
  );
  for (const { nodeId, own } of play.nodes) {
    const there = [...texts].filter(([path]) => path.startsWith(`${nodeId}/`));
    expect(new Map(there)).toEqual(own);
  }
  // Each of these paths was written by three nodes, so two versions of it are kept beside it.
  expect(
    Object.keys(trees[0] ?? {}).filter((path) => path.includes('(conflict from')).length,
  ).toBeGreaterThan(0);
  const lost = [...play.written].filter((text) => ![...texts.values()].includes(text));
  expect(lost).toEqual([]);
  expect(await readdir(join(play.nodes[0]?.home ?? '', '.switchyard'))).not.toContain('tmp');
});
