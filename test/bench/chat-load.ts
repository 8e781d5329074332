import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A gateway in a process of its own, with an empty database. */
export interface BenchGateway extends AsyncDisposable {
  child: ChildProcess;
  pid: number;
  port: number;
}

/** The result of one chat. */
export interface Chat {
  /** The error code, if the prompt was refused. */
  refused: string | undefined;
  /** Milliseconds from the prompt to the end of the answer. */
  tookMs: number;
  /** Milliseconds between each word of the model and its arrival at the client. */
  lateness: number[];
  /** Whether the streamed text differs from the stored text, or the connection broke before both were known. */
  lost: boolean;
}

const canPin = spawnSync('taskset', ['-V']).status === 0;
const query =
  'subscription ($input: ChatInput!) { chat(input: $input) { __typename seq ... on TextDelta { text } ... on RunCompleted { message { content } } } }';

/** Moves this process to the second core, if `taskset` is installed. The gateway runs on the first core. */
export function leaveFirstCore(): void {
  if (canPin) spawnSync('taskset', ['-cp', '1', String(process.pid)]);
}

export async function startBenchGateway(settings: Record<string, string>): Promise<BenchGateway> {
  const dataDir = await mkdtemp(join(tmpdir(), 'switchyard-bench-'));
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  const node = [process.execPath, ...process.execArgv, main];
  const [command = '', ...args] = canPin ? ['taskset', '-c', '0', ...node] : node;
  const own = { DATA_DIR: dataDir, PORT: '0', LOG_FORMAT: 'json', SHUTDOWN_GRACE_MS: '0' };
  const env = { ...process.env, ...own, ...settings };
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const kill = () => child.kill();
  process.once('exit', kill);
  const dispose = async () => {
    kill();
    await once(child, 'exit');
    process.off('exit', kill);
    await rm(dataDir, { recursive: true });
  };
  for await (const chunk of child.stdout ?? []) {
    const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(String(chunk))?.[1];
    if (!port) continue;
    // Read and drop the rest of the log, because a full pipe would stop the gateway.
    child.stdout?.resume();
    return { child, pid: child.pid ?? 0, port: Number(port), [Symbol.asyncDispose]: dispose };
  }
  throw new Error('The gateway did not start.');
}

export async function createSession(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: 'mutation { createSession(input: {}) { id } }' }),
  });
  const { data } = (await response.json()) as { data: { createSession: { id: string } } };
  return data.createSession.id;
}

/** Sends a prompt to the clock model over a new socket, and reads to the end. */
export async function chat(port: number, sessionId: string): Promise<Chat> {
  const body = JSON.stringify({ query, variables: { input: { sessionId, prompt: 'What time is it?' } } });
  const startedAt = performance.now();
  const socket = connect(port, '127.0.0.1');
  socket.write(
    `POST /graphql/stream HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\naccept: text/event-stream\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  const lateness: number[] = [];
  let [text, rest] = ['', ''];
  let [stored, refused]: (string | undefined)[] = [];
  try {
    for await (const chunk of socket.setEncoding('utf8')) {
      const now = Date.now();
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (!line.startsWith('data: {')) continue;
        const { data, errors } = JSON.parse(line.slice(6));
        refused ??= errors?.[0].extensions.code;
        const event = data?.chat;
        for (const time of event?.text?.trim().split(' ') ?? []) lateness.push(now - Number(time));
        text += event?.text ?? '';
        if (event?.__typename === 'RunCompleted') stored = event.message.content;
      }
    }
  } catch (error) {
    // An overloaded gateway may reset a connection whose request it has not read in time.
    if (!(error instanceof Error && 'code' in error && error.code === 'ECONNRESET')) throw error;
  }
  return {
    refused,
    tookMs: performance.now() - startedAt,
    lateness,
    lost: refused === undefined && stored !== text,
  };
}

/** @param ascending All values, the smallest first. */
export function percentile(ascending: readonly number[], part: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * part))] ?? Number.NaN;
}
