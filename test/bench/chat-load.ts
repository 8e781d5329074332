import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';

/** A gateway with the demo model, in a process of its own. */
export interface BenchGateway {
  child: ChildProcess;
  pid: number;
  port: number;
}

/** What became of one chat. */
export interface Chat {
  /** The code of the refusal, where the prompt was not taken. */
  refused: string | undefined;
  /** Milliseconds between each run event and its arrival. */
  lateness: number[];
  /** Whether what was streamed is not what was stored. */
  lost: boolean;
}

const canPin = spawnSync('taskset', ['-V']).status === 0;
const query =
  'subscription ($input: ChatInput!) { chat(input: $input) { __typename seq at ... on TextDelta { text } ... on RunCompleted { message { content } } } }';

/** Where there is `taskset`, this process moves to the second core: the first one is the gateway's. */
export function leaveFirstCore(): void {
  if (canPin) spawnSync('taskset', ['-cp', '1', String(process.pid)]);
}

export async function startBenchGateway(settings: Record<string, string>): Promise<BenchGateway> {
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  const node = [process.execPath, ...process.execArgv, main];
  const [command = '', ...args] = canPin ? ['taskset', '-c', '0', ...node] : node;
  const env = { ...process.env, PORT: '0', LOG_FORMAT: 'json', SHUTDOWN_GRACE_MS: '0', ...settings };
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const chunk of child.stdout ?? []) {
    const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(String(chunk))?.[1];
    // What it logs further on is read, and not kept: a pipe that is full would stop it.
    if (port) {
      child.stdout?.resume();
      return { child, pid: child.pid ?? 0, port: Number(port) };
    }
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

/** Asks the demo model for so many words, over a socket of its own, and reads to the end. */
export async function chat(port: number, sessionId: string, words: number): Promise<Chat> {
  const variables = { input: { sessionId, prompt: `Write ${words} words.` } };
  const body = JSON.stringify({ query, variables });
  const socket = connect(port, '127.0.0.1');
  socket.write(
    `POST /graphql/stream HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\naccept: text/event-stream\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  const lateness: number[] = [];
  let [text, stored, refused, rest] = [
    '',
    undefined as string | undefined,
    undefined as string | undefined,
    '',
  ];
  for await (const chunk of socket.setEncoding('utf8')) {
    const now = Date.now();
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!line.startsWith('data: {')) continue;
      const { data, errors } = JSON.parse(line.slice(6));
      refused ??= errors?.[0].extensions.code;
      const event = data?.chat;
      if (!event) continue;
      lateness.push(now - Date.parse(event.at));
      text += event.text ?? '';
      if (event.__typename === 'RunCompleted') stored = event.message.content;
    }
  }
  return { refused, lateness, lost: refused === undefined && stored !== text };
}

export function percentile(ascending: number[], part: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * part))] ?? Number.NaN;
}
