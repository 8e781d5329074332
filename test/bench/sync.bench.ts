import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openTemporaryFolder } from '../support/files/temporary-folder.ts';
import { registerNode } from '../support/node/nodes.ts';
import { type AgentProcess, startAgent } from '../support/process/agent-process.ts';
import { type GatewayProcess, startGatewayProcess } from '../support/process/gateway-process.ts';
import { processCpu } from './process-cpu.ts';
import { compare, report } from './report.ts';

/**
 * The sync of a workspace: node to gateway, gateway to node, and after one change, against `rsync` over loopback, which
 * sends the same files once. rsync does not wait for the disk; Switchyard does for each file. Needs Debian's `rsync` and
 * twice the size of the files in the folder for temporary files. Run it with
 * `npm run build && tsx test/bench/sync.bench.ts [files] [megabytes] [rounds]`.
 */
const files = Number(process.argv[2] ?? 10_000);
const megabytes = Number(process.argv[3] ?? 500);
const rounds = Number(process.argv[4] ?? 3);

interface Kind {
  name: string;
  /** Creates the files. */
  fill(folder: string): Promise<void>;
  /** Changes one file of them, and returns its path. */
  change(folder: string): Promise<string>;
}

const small: Kind = {
  name: `${files} small files`,
  async fill(folder) {
    for (let at = 0; at < files; at += 1) {
      const below = join(folder, `d${at % 100}`);
      if (at < 100) await mkdir(below);
      // Text that compresses by half, 200 bytes to 4 KB, as in a source tree.
      await writeFile(
        join(below, `f${at}.txt`),
        randomBytes(50 + (at % 1_000))
          .toString('hex')
          .repeat(2),
      );
    }
  },
  async change(folder) {
    await writeFile(join(folder, 'd7', 'f7.txt'), randomBytes(500).toString('hex'));
    return 'd7/f7.txt';
  },
};

const large: Kind = {
  name: `one file of ${megabytes} MB`,
  async fill(folder) {
    for (let at = 0; at < megabytes; at += 1)
      await writeFile(join(folder, 'large.bin'), randomBytes(1_048_576), { flag: 'a' });
  },
  async change(folder) {
    await writeFile(join(folder, 'large.bin'), randomBytes(100), { flag: 'a' });
    return 'large.bin';
  },
};

interface Measured {
  seconds: number;
  /** Of processor time, of the gateway and both agents. */
  cpuSeconds: number;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function startRsync(folder: string): Promise<{ daemon: ChildProcess; url: string }> {
  const port = await freePort();
  const config = join(folder, 'rsyncd.conf');
  await writeFile(
    config,
    `use chroot = no\n[copy]\npath = ${join(folder, 'copy')}\nread only = no\nuid = ${process.getuid?.()}\ngid = ${process.getgid?.()}\n`,
  );
  const daemon = spawn('rsync', ['--daemon', '--no-detach', `--port=${port}`, `--config=${config}`], {
    stdio: 'inherit',
  });
  await delay(500);
  return { daemon, url: `rsync://127.0.0.1:${port}/copy/` };
}

/** Returns the seconds that it took. */
function rsync(from: string, url: string): number {
  const startedAt = performance.now();
  execFileSync('rsync', ['-a', '--omit-dir-times', `${from}/`, url]);
  return (performance.now() - startedAt) / 1_000;
}

const statusDocument = `query ($id: ID!) { session(id: $id) {
  workspace { manifestHash fileCount } nodes { node { nodeId } syncStatus manifestHash error } } }`;
const attach = `mutation ($sessionId: ID!, $nodeIds: [String!]!, $workspace: WorkspaceInput) {
  attachNodes(sessionId: $sessionId, nodeIds: $nodeIds, workspace: $workspace) { workspace { workspaceId } } }`;

async function untilSynced(gateway: GatewayProcess, id: string, nodeId: string): Promise<void> {
  for (;;) {
    const { session } = await gateway.query(statusDocument, { id });
    const node = session.nodes.find((each: { node: { nodeId: string } }) => each.node.nodeId === nodeId);
    const { manifestHash, fileCount } = session.workspace;
    if (node.syncStatus === 'ERROR') throw new Error(node.error);
    if (node.syncStatus === 'SYNCED' && fileCount > 0 && node.manifestHash === manifestHash) return;
    await delay(25);
  }
}

async function measure(pids: readonly number[], work: () => Promise<void>): Promise<Measured> {
  const before = pids.map(processCpu);
  const startedAt = performance.now();
  await work();
  const seconds = (performance.now() - startedAt) / 1_000;
  const cpu = pids.reduce((sum, pid, at) => sum + processCpu(pid) - (before[at] ?? 0), 0);
  return { seconds, cpuSeconds: cpu / 1_000_000 };
}

async function peakMegabytes({ pid }: { pid: number }): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmHWM:\s*(\d+)/.exec(status)?.[1]) / 1_024);
}

async function runRound(kind: Kind): Promise<Record<string, [ours: Measured, rsyncSeconds: number]>> {
  await using folder = await openTemporaryFolder(tmpdir());
  const [lead, other, copy] = ['lead', 'other', 'copy'].map((name) => join(folder.path, name)) as [
    string,
    string,
    string,
  ];
  for (const each of [lead, other, copy]) await mkdir(each);
  const project = join(lead, 'project');
  await mkdir(project);
  await kind.fill(project);
  const { daemon, url } = await startRsync(folder.path);
  const data = join(folder.path, 'data');
  await using gateway = await startGatewayProcess({
    DATA_DIR: data,
    MAX_STORED_BYTES_PER_USER: String(100 * 1_073_741_824),
  });
  const agents: AgentProcess[] = [];
  try {
    for (const [nodeId, workspace] of [
      ['lead', lead],
      ['other', other],
    ] as const) {
      agents.push(await startAgent(gateway.url, { token: await registerNode(gateway, nodeId), workspace }));
    }
    const pids = [gateway.pid, ...agents.map(({ pid }) => pid)];
    const sessionId = await gateway.createSession();
    const firstCopy = rsync(project, url);
    const workspace = { source: 'NODE_LOCAL', sourceNodeId: 'lead', path: 'project' };
    let workspaceId = '';
    const up = await measure(pids, async () => {
      const result = await gateway.query(attach, { sessionId, nodeIds: ['lead'], workspace });
      workspaceId = result.attachNodes.workspace.workspaceId;
      await untilSynced(gateway, sessionId, 'lead');
    });
    const down = await measure(pids, async () => {
      await gateway.query(attach, { sessionId, nodeIds: ['other'] });
      await untilSynced(gateway, sessionId, 'other');
    });
    const path = await kind.change(project);
    const expected = await readFile(join(project, path));
    const copied = join(other, '.switchyard', workspaceId, path);
    const again = await measure(pids, async () => {
      while (!expected.equals(await readFile(copied).catch(() => Buffer.alloc(0)))) await delay(5);
    });
    const secondCopy = rsync(project, url);
    const peaks = await Promise.all([gateway, ...agents].map(peakMegabytes));
    process.stdout.write(`  peak memory, MB: gateway ${peaks[0]}, lead ${peaks[1]}, other ${peaks[2]}\n`);
    return {
      'node to gateway': [up, firstCopy],
      'gateway to node': [down, firstCopy],
      'after one change, node to node': [again, secondCopy],
    };
  } finally {
    daemon.kill();
    for (const agent of agents) await agent[Symbol.asyncDispose]();
    await rm(copy, { recursive: true });
  }
}

for (const kind of [small, large]) {
  const all: Awaited<ReturnType<typeof runRound>>[] = [];
  for (let round = 0; round < rounds; round += 1) all.push(await runRound(kind));
  for (const what of Object.keys(all[0] ?? {})) {
    const pairs = all.map((results) => results[what] as [Measured, number]);
    report({
      name: `sync: ${kind.name}, ${what}`,
      unit: 's',
      against: 'rsync',
      ...compare(
        pairs.map(([ours]) => ours.seconds),
        pairs.map(([, theirs]) => theirs),
      ),
      bar: 2,
    });
    process.stdout.write(
      `  processor time: ${pairs.map(([ours]) => ours.cpuSeconds.toFixed(2)).join(', ')} s\n`,
    );
  }
}
