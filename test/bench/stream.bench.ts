import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { encodeId } from '../../src/base/global-id.ts';
import { buildStreamServer } from './built-server.ts';
import { leaveFirstCore, type Pinned, startPinned } from './pinned.ts';
import { median } from './report.ts';

/**
 * Measures the server's CPU time per delivered run event, against a bare node:http server that writes prepared strings.
 * Every follower has got a run event before the next is published, so nothing is merged. Run it with
 * `tsx test/bench/stream.bench.ts [subscribers] [repetitions]`.
 */
const subscribers = Number(process.argv[2] ?? 1_000);
const repetitions = Number(process.argv[3] ?? 5);
/** Run events for each follower. By time, a busy machine would be measured before its code is compiled. */
const warmUpRounds = 100;
const measuredRounds = 150;
/** The longest time in which a run event reaches all followers. */
const longestRoundMs = 10_000;
/** The bytes at the end of every run event, and only there. */
const frameEnd = Buffer.from('}}}\n');

const script = buildStreamServer();

const modes = ['bare', 'own', 'shared'] as const;
type Mode = (typeof modes)[number];

async function measure(mode: Mode): Promise<number> {
  await using server = startServer(mode);
  const { child } = server;
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const count = { frames: 0 };
  const runOf = (index: number) => (mode === 'own' ? index + 1 : 1);
  const sockets = await Promise.all(
    Array.from({ length: subscribers }, (_, index) => subscribe(port, runOf(index), count)),
  );
  const publish = async (rounds: number) => {
    for (let round = 0; round < rounds; round += 1) {
      const wanted = count.frames + subscribers;
      const givesUpAt = performance.now() + longestRoundMs;
      child.send('publish');
      while (count.frames < wanted) {
        if (performance.now() > givesUpAt)
          throw new Error(`${mode}: ${wanted - count.frames} frames are missing.`);
        await new Promise(setImmediate);
      }
    }
  };
  await publish(warmUpRounds);
  const before = await readCpu(child);
  const framesBefore = count.frames;
  await publish(measuredRounds);
  const after = await readCpu(child);
  const frames = count.frames - framesBefore;
  for (const socket of sockets) socket.destroy();
  return (after.micros - before.micros) / frames;
}

function startServer(mode: Mode): Pinned {
  return startPinned([process.execPath, script, mode], {}, 'ipc');
}

/** Subscribes. Resolves when the first bytes of the stream have come. */
async function subscribe(port: number, run: number, count: { frames: number }): Promise<Socket> {
  const id = encodeId('Run', run);
  const query = `subscription { runEvents(runId: "${id}") { __typename seq runId at ... on TextDelta { text } } }`;
  const socket = connect(port, '127.0.0.1');
  socket.write(
    `GET /graphql/stream?query=${encodeURIComponent(query)} HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n`,
  );
  await once(socket, 'data');
  socket.on('data', (chunk) => {
    for (let at = chunk.indexOf(frameEnd); at !== -1; at = chunk.indexOf(frameEnd, at + 1)) count.frames += 1;
  });
  return socket;
}

async function readCpu(child: ChildProcess): Promise<{ micros: number }> {
  child.send('cpu');
  const [usage] = (await once(child, 'message')) as [{ micros: number }];
  return usage;
}

leaveFirstCore();
const micros: Record<Mode, number[]> = { bare: [], own: [], shared: [] };
// The modes alternate, so that a noisy minute does not affect only one of them.
for (let repetition = 0; repetition < repetitions; repetition += 1) {
  for (const mode of modes) micros[mode].push(await measure(mode));
}
process.stdout.write(`${subscribers} subscribers, microseconds of server CPU per delivered run event\n`);
for (const mode of modes) {
  const ratio = (median(micros[mode]) / median(micros.bare)).toFixed(2);
  const all = micros[mode].map((value) => value.toFixed(2)).join(' ');
  process.stdout.write(`${mode.padEnd(8)} ${median(micros[mode]).toFixed(2)} [${all}]  x ${ratio}\n`);
}
