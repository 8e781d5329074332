import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { leaveFirstCore } from './pinned.ts';
import { processCpu } from './process-cpu.ts';
import { compare, report } from './report.ts';
import { sendMany } from './request-load.ts';
import { type BenchServer, peerIsMissing, startBare, startGateway, startPeer } from './servers.ts';

/**
 * Measures the server's processor time for a chat over REST: for its beginning and its end, against requests to a bare
 * `node:http` server, and for each frame of the stream, against the FastAPI peer. The peer has no log, no resume and no
 * checkpoint. The demo model answers without a delay. Run it with `tsx test/bench/chat.bench.ts [rounds]`.
 */
const rounds = Number(process.argv[2] ?? 5);
const unit = 'µs';

/** Sends a prompt and reads the stream to its end. Returns the number of its frames. */
async function chat(pool: Pool, sessionId: number, prompt: string): Promise<number> {
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path: `/api/v1/sessions/${sessionId}/chat`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ prompt }),
  });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`A chat answered ${statusCode}: ${text}`);
  return text.split('\ndata: ').length - (text.startsWith('data: ') ? 0 : 1);
}

async function createSessions({ port }: BenchServer, count: number): Promise<number[]> {
  const ids: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/sessions/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    ids.push(((await response.json()) as { id: number }).id);
  }
  return ids;
}

/** Processor time of the server for chats that run at once, and the frames that they had. */
async function measureChats(server: BenchServer, streams: number, prompt: string) {
  const sessions = await createSessions(server, streams);
  const pool = new Pool(`http://127.0.0.1:${server.port}`, { connections: streams });
  const before = processCpu(server.pid);
  const frames = await Promise.all(sessions.map((id) => chat(pool, id, prompt)));
  const micros = processCpu(server.pid) - before;
  await pool.close();
  return { micros, frames: frames.reduce((sum, count) => sum + count, 0) };
}

leaveFirstCore();
const missing = peerIsMissing();
if (missing) process.stdout.write(`${missing}\n`);
await using gateway = await startGateway();
await using bare = await startBare();
await using peer = missing ? undefined : await startPeer();
// V8 compiles what runs often: in its first thousand chats a gateway needs twice the time.
for (let n = 0; n < 20; n += 1) await measureChats(gateway, 50, 'Count to 1.');
for (const server of peer ? [gateway, peer] : [gateway]) await measureChats(server, 50, 'Count to 1000.');
await delay(1_000);

const short: { ours: number[]; bare: number[] } = { ours: [], bare: [] };
for (let round = 0; round < rounds; round += 1) {
  short.ours.push((await measureChats(gateway, 50, 'Count to 1.')).micros / 50);
  const before = processCpu(bare.pid);
  await sendMany(bare.port, { method: 'GET', path: '/' }, 500);
  short.bare.push((processCpu(bare.pid) - before) / 500);
}
report({ name: 'chat: begin and end', unit, against: 'node:http', ...compare(short.ours, short.bare) });

for (const streams of [1, 50]) {
  if (!peer) break;
  const costs: { ours: number[]; peer: number[] } = { ours: [], peer: [] };
  for (let round = 0; round < rounds; round += 1) {
    const mine = await measureChats(gateway, streams, 'Count to 1000.');
    const theirs = await measureChats(peer, streams, 'Count to 1000.');
    costs.ours.push(mine.micros / mine.frames);
    costs.peer.push(theirs.micros / theirs.frames);
  }
  const name = `chat: REST frame, ${streams} at once`;
  report({ name, unit, against: 'FastAPI', bar: 1, ...compare(costs.ours, costs.peer) });
}
