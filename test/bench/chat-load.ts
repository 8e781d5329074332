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

/** What became of one chat. */
export interface Chat {
  /** The code of the refusal, where the prompt was not taken. */
  refused: string | undefined;
  /** Milliseconds from the prompt to the end of the answer. */
  tookMs: number;
  /** Milliseconds between each word of the model and its arrival at the client. */
  lateness: number[];
  /** Whether what was streamed is not what was stored, or the connection broke before that could be seen. */
  lost: boolean;
}

const canPin = spawnSync('taskset', ['-V']).status === 0;
const query =
  'subscription ($input: ChatInput!) { chat(input: $input) { __typename seq ... on TextDelta { text } ... on RunCompleted { message { content } } } }';

/** Where there is `taskset`, this process moves to the second core: the first one is the gateway's. */
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
    // What it logs further on is read, and not kept: a pipe that is full would stop it.
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

/** Asks the clock model, over a socket of its own, and reads to the end. */
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
    // A gateway that has too much to do may leave a request unread until it is too old.
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
