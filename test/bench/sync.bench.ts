import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openTemporaryFolder } from '../support/files/temporary-folder.ts';
import { registerNode } from '../support/node/nodes.ts';
import { type AgentProcess, startAgent } from '../support/process/agent-process.ts';
import { type GatewayProcess, startGatewayProcess } from '../support/process/gateway-process.ts';
import { endedChildrenCpu, processCpu } from './process-cpu.ts';
import { compare, report } from './report.ts';
import { Rsync } from './rsync.ts';
import { type Kind, largeFile, smallFiles } from './sync-files.ts';

/**
 * The sync of a workspace: node to gateway, gateway to node, and after one change. Measured is the processor time of the
 * gateway and both agents, against that of `rsync`, which sends the same files once over loopback in the same round.
 * rsync does not wait for the disk and keeps no history; Switchyard does both. Last come the memory of an agent and of
 * the gateway with many files.
 *
 * Run it with `npm run build && npm run bench -- sync`, or with
 * `tsx test/bench/sync.bench.ts [files] [megabytes] [rounds] [files for the memory]`; 0 leaves a part out. It needs
 * Debian's `rsync`, and four times the size of the files in the folder for temporary files.
 */
const [files = 10_000, megabytes = 500, rounds = 3, filesForMemory = 100_000] = process.argv
  .slice(2)
  .map(Number);
/** How much more memory may be taken with many files, in MB. */
const moreMb = 100;

const statusDocument = `query ($id: ID!) { session(id: $id) {
  workspace { manifestHash fileCount } nodes { node { nodeId } syncStatus manifestHash error } } }`;
const attach = `mutation ($sessionId: ID!, $nodeIds: [String!]!, $workspace: WorkspaceInput) {
  attachNodes(sessionId: $sessionId, nodeIds: $nodeIds, workspace: $workspace) { workspace { workspaceId } } }`;
const fromLead = { source: 'NODE_LOCAL', sourceNodeId: 'lead', path: 'project' };

/** Asks seldom, because the answers take processor time of the gateway. */
async function untilSynced(gateway: GatewayProcess, id: string, nodeId: string): Promise<void> {
  for (;;) {
    const { session } = await gateway.query(statusDocument, { id });
    const node = session.nodes.find((each: { node: { nodeId: string } }) => each.node.nodeId === nodeId);
    const { manifestHash, fileCount } = session.workspace;
    if (node.syncStatus === 'ERROR') throw new Error(node.error);
    if (node.syncStatus === 'SYNCED' && fileCount > 0 && node.manifestHash === manifestHash) return;
    await delay(200);
  }
}

/** @returns Seconds of processor time, of these processes and of those that they have started and that have ended. */
async function measure(pids: readonly number[], work: () => Promise<void>): Promise<number> {
  const usedBy = (pid: number) => processCpu(pid) + endedChildrenCpu(pid);
  const before = pids.map(usedBy);
  const startedAt = performance.now();
  await work();
  const cpu = pids.map((pid, at) => (usedBy(pid) - (before[at] ?? 0)) / 1_000_000);
  const seconds = (performance.now() - startedAt) / 1_000;
  const each = cpu.map((part) => part.toFixed(2)).join(' + ');
  process.stdout.write(
    `  ${each} s of processor time (gateway, lead, other), ${seconds.toFixed(1)} s in all\n`,
  );
  return cpu.reduce((sum, part) => sum + part, 0);
}

interface Scene extends AsyncDisposable {
  gateway: GatewayProcess;
  lead: AgentProcess;
  other: AgentProcess;
  /** Its folder `project` has the files. */
  leadFolder: string;
  otherFolder: string;
  /** Everything lies in it. */
  folder: string;
}

async function openScene(kind: Kind): Promise<Scene> {
  const temporary = await openTemporaryFolder(tmpdir());
  const folder = temporary.path;
  const [leadFolder, otherFolder] = [join(folder, 'lead'), join(folder, 'other')];
  for (const each of [join(leadFolder, 'project'), otherFolder, join(folder, 'copy')])
    await mkdir(each, { recursive: true });
  await kind.fill(join(leadFolder, 'project'));
  const gateway = await startGatewayProcess({
    DATA_DIR: join(folder, 'data'),
    MAX_STORED_BYTES_PER_USER: String(100 * 1_073_741_824),
    MAX_NODE_REQUESTS_PER_MINUTE: '100000',
  });
  const start = async (nodeId: string, workspace: string) =>
    startAgent(gateway.url, { token: await registerNode(gateway, nodeId), workspace });
  const lead = await start('lead', leadFolder);
  const other = await start('other', otherFolder);
  return {
    ...{ gateway, lead, other, leadFolder, otherFolder, folder },
    async [Symbol.asyncDispose]() {
      for (const part of [lead, other, gateway, temporary]) await part[Symbol.asyncDispose]();
    },
  };
}

/** @returns For each step the seconds of processor time, and those of rsync. */
async function runRound(kind: Kind): Promise<Record<string, [ours: number, rsync: number]>> {
  await using scene = await openScene(kind);
  const { gateway, lead, other, leadFolder, otherFolder, folder } = scene;
  const project = join(leadFolder, 'project');
  using rsync = await Rsync.start(folder);
  const pids = [gateway.pid, lead.pid, other.pid];
  const sessionId = await gateway.createSession();
  const firstCopy = await rsync.send(project);
  let workspaceId = '';
  const up = await measure(pids, async () => {
    const result = await gateway.query(attach, { sessionId, nodeIds: ['lead'], workspace: fromLead });
    workspaceId = result.attachNodes.workspace.workspaceId;
    await untilSynced(gateway, sessionId, 'lead');
  });
  const down = await measure(pids, async () => {
    await gateway.query(attach, { sessionId, nodeIds: ['other'] });
    await untilSynced(gateway, sessionId, 'other');
  });
  const path = await kind.change(project);
  const expected = await readFile(join(project, path));
  const copied = join(otherFolder, '.switchyard', workspaceId, path);
  const again = await measure(pids, async () => {
    while (!expected.equals(await readFile(copied).catch(() => Buffer.alloc(0)))) await delay(20);
  });
  const secondCopy = await rsync.send(project);
  return {
    'node to gateway': [up, firstCopy],
    'gateway to node': [down, firstCopy],
    'after one change, node to node': [again, secondCopy],
  };
}

/** In MB. */
async function memoryOf({ pid }: { pid: number }, what: 'VmHWM' | 'VmRSS'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${what}:\\s*(\\d+)`).exec(status)?.[1]) / 1_024;
}

/** Forgets the highest memory so far. */
async function resetPeak({ pid }: { pid: number }): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5');
}

async function measureMemory(kind: Kind): Promise<void> {
  await using scene = await openScene(kind);
  const { gateway, lead, other } = scene;
  const parts = { gateway, 'sending agent': lead, 'receiving agent': other };
  const before = new Map<string, number>();
  for (const [name, part] of Object.entries(parts)) {
    before.set(name, await memoryOf(part, 'VmRSS'));
    await resetPeak(part);
  }
  const sessionId = await gateway.createSession();
  await gateway.query(attach, { sessionId, nodeIds: ['lead'], workspace: fromLead });
  await untilSynced(gateway, sessionId, 'lead');
  await gateway.query(attach, { sessionId, nodeIds: ['other'] });
  await untilSynced(gateway, sessionId, 'other');
  const peaks = new Map<string, number>();
  for (const [name, part] of Object.entries(parts)) peaks.set(name, await memoryOf(part, 'VmHWM'));
  await delay(15_000);
  for (const [name, part] of Object.entries(parts)) {
    const atRest = before.get(name) ?? 0;
    const later = await memoryOf(part, 'VmRSS');
    for (const [when, megabytes] of [
      ['at the peak', peaks.get(name) ?? 0],
      ['afterwards', later],
    ] as const) {
      report({
        name: `sync: memory of the ${name} with ${kind.name}, ${when}`,
        unit: 'MB more',
        against: 'MB allowed',
        ours: megabytes - atRest,
        baseline: moreMb,
        spread: 1,
        bar: 1,
      });
    }
  }
}

const kinds = [...(files > 0 ? [smallFiles(files)] : []), ...(megabytes > 0 ? [largeFile(megabytes)] : [])];
for (const kind of kinds) {
  const all: Awaited<ReturnType<typeof runRound>>[] = [];
  for (let round = 0; round < rounds; round += 1) all.push(await runRound(kind));
  for (const what of Object.keys(all[0] ?? {})) {
    const pairs = all.map((results) => results[what] as [number, number]);
    const [ours, theirs] = [pairs.map(([first]) => first), pairs.map(([, second]) => second)];
    report({
      name: `sync: ${kind.name}, ${what}`,
      unit: 's CPU',
      against: 'rsync',
      ...compare(ours, theirs),
      bar: 2,
    });
  }
}
if (filesForMemory > 0) await measureMemory(smallFiles(filesForMemory));
