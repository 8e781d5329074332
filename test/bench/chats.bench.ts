import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Many chats at once through the whole gateway on one core: is anything lost, and how late does a run event
 * arrive after it happened? The baseline is one chat alone on the same gateway. Run it with
 * `tsx test/bench/chats.bench.ts [chats] [words] [delayMs]`.
 */
const chats = Number(process.argv[2] ?? 1_000);
const words = Number(process.argv[3] ?? 500);
const delayMs = Number(process.argv[4] ?? 20);
const canPin = spawnSync('taskset', ['-V']).status === 0;
const query =
  'subscription ($input: ChatInput!) { chat(input: $input) { __typename seq at ... on TextDelta { text } ... on RunCompleted { message { content } } } }';

interface Chat {
  /** Milliseconds between each run event and its arrival. */
  lateness: number[];
  lost: boolean;
}

async function startGateway(dataDir: string): Promise<{ child: ChildProcess; port: number }> {
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  const node = [process.execPath, ...process.execArgv, main];
  const [command = '', ...args] = canPin ? ['taskset', '-c', '0', ...node] : node;
  const env = {
    ...process.env,
    PORT: '0',
    DATA_DIR: dataDir,
    DEMO_DELAY_MS: String(delayMs),
    LOG_FORMAT: 'json',
    SHUTDOWN_GRACE_MS: '0',
  };
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const chunk of child.stdout ?? []) {
    const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(String(chunk))?.[1];
    if (port) return { child, port: Number(port) };
  }
  throw new Error('The gateway did not start.');
}

async function createSession(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: 'mutation { createSession(input: {}) { id } }' }),
  });
  const { data } = (await response.json()) as { data: { createSession: { id: string } } };
  return data.createSession.id;
}

async function chat(port: number, sessionId: string): Promise<Chat> {
  const variables = { input: { sessionId, prompt: `Write ${words} words.` } };
  const body = JSON.stringify({ query, variables });
  const socket = connect(port, '127.0.0.1');
  socket.write(
    `POST /graphql/stream HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\naccept: text/event-stream\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  return read(socket);
}

async function read(socket: Socket): Promise<Chat> {
  const lateness: number[] = [];
  let [text, stored, rest] = ['', undefined as string | undefined, ''];
  for await (const chunk of socket.setEncoding('utf8')) {
    const now = Date.now();
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!line.startsWith('data: {')) continue;
      const event = JSON.parse(line.slice(6)).data.chat;
      lateness.push(now - Date.parse(event.at));
      text += event.text ?? '';
      if (event.__typename === 'RunCompleted') stored = event.message.content;
    }
  }
  return { lateness, lost: stored !== text };
}

async function readCpuMs(pid: number): Promise<number> {
  const { stdout } = spawnSync('ps', ['-o', 'cputimes=', '-p', String(pid)], { encoding: 'utf8' });
  return Number(stdout) * 1_000;
}

function percentile(values: number[], part: number): number {
  return values[Math.min(values.length - 1, Math.floor(values.length * part))] ?? Number.NaN;
}

async function measure(port: number, pid: number, count: number): Promise<number> {
  const sessions: string[] = [];
  for (let n = 0; n < count; n += 1) sessions.push(await createSession(port));
  const [startedAt, cpuBefore] = [performance.now(), await readCpuMs(pid)];
  const results = await Promise.all(sessions.map((sessionId) => chat(port, sessionId)));
  const seconds = (performance.now() - startedAt) / 1_000;
  const cpu = ((await readCpuMs(pid)) - cpuBefore) / 1_000 / seconds;
  const lateness = results.flatMap((result) => result.lateness).sort((a, b) => a - b);
  const lost = results.filter((result) => result.lost).length;
  const p99 = percentile(lateness, 0.99);
  process.stdout.write(
    `${count} chats: ${lateness.length} run events in ${seconds.toFixed(1)} s, ${lost} answers incomplete, ` +
      `late by ${percentile(lateness, 0.5)} ms (median), ${p99} ms (99%), ${percentile(lateness, 1)} ms (most), ${(cpu * 100).toFixed(0)}% of a core\n`,
  );
  return p99;
}

if (canPin) spawnSync('taskset', ['-cp', '1', String(process.pid)]);
const dataDir = await mkdtemp(join(tmpdir(), 'switchyard-bench-'));
const { child, port } = await startGateway(dataDir);
const alone = await measure(port, child.pid ?? 0, 1);
const together = await measure(port, child.pid ?? 0, chats);
process.stdout.write(`${chats} chats against one: 99% arrive ${together - alone} ms later\n`);
child.kill();
await once(child, 'exit');
await rm(dataDir, { recursive: true });
