import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { encodeId } from '../../src/base/global-id.ts';
import { buildStreamServer } from './built-server.ts';
import { leaveFirstCore, startPinned } from './pinned.ts';

/**
 * Measures the memory of a subscriber that gets nothing: by how much the resident memory and the heap of the server grow,
 * after a garbage collection, for each of the subscribers after the first 500, which fill the caches. The baseline is a bare
 * node:http server with as many open responses. Run it on Linux with `tsx test/bench/idle.bench.ts [subscribers]`.
 */
const subscribers = Number(process.argv[2] ?? 2_000);
const first = 500;
const script = buildStreamServer();

async function measure(mode: 'bare' | 'own' | 'shared'): Promise<void> {
  const command = [process.execPath, '--expose-gc', script, mode];
  await using server = startPinned(command, {}, 'ipc');
  const { child, pid } = server;
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const sockets: Socket[] = [];
  const open = async (count: number) => {
    for (let n = 0; n < count; n += 1) {
      sockets.push(await subscribe(port, mode === 'own' ? sockets.length + 1 : 1));
    }
  };
  await open(first);
  const before = await readMemory(child, pid);
  await open(subscribers);
  const after = await readMemory(child, pid);
  const each = (key: keyof typeof after) => ((after[key] - before[key]) / subscribers).toFixed(1);
  process.stdout.write(
    `${mode.padEnd(8)} ${each('residentKb')} KB resident, ${each('heapKb')} KB of heap for each of ${subscribers} subscribers\n`,
  );
  for (const socket of sockets) socket.destroy();
}

/** Subscribes. Resolves when the first bytes of the stream have come. */
async function subscribe(port: number, run: number): Promise<Socket> {
  const query = `subscription { runEvents(runId: "${encodeId('Run', run)}") { __typename seq ... on TextDelta { text } } }`;
  const socket = connect(port, '127.0.0.1');
  socket.write(
    `GET /graphql/stream?query=${encodeURIComponent(query)} HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n`,
  );
  await once(socket, 'data');
  return socket;
}

/** Both in kilobytes. */
async function readMemory(child: ChildProcess, pid: number): Promise<{ residentKb: number; heapKb: number }> {
  let heapKb = 0;
  for (let round = 0; round < 3; round += 1) {
    child.send('memory');
    [{ heapKb }] = (await once(child, 'message')) as [{ heapKb: number }];
    await delay(300);
  }
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return { residentKb: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]), heapKb };
}

leaveFirstCore();
for (const mode of ['bare', 'own', 'shared'] as const) await measure(mode);
