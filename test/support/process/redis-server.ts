import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from '@redis/client';
import { unusedPort } from '../http/unused-port.ts';

/** A Redis server of the test's own, which keeps nothing on the disk. */
export interface RedisServer extends AsyncDisposable {
  url: string;
  /** Runs a command, such as `FLUSHALL`. */
  command(...words: string[]): Promise<unknown>;
  /** Stops the server, which forgets everything. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Stops the process in the middle of what it does, and keeps its connections open. */
  freeze(): void;
  thaw(): void;
}

export async function startRedisServer(): Promise<RedisServer> {
  const port = await unusedPort();
  const url = `redis://127.0.0.1:${port}`;
  let server: ChildProcess | undefined;
  const command = async (...words: string[]) => {
    const client = createClient({ url, socket: { reconnectStrategy: false } });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await client.sendCommand(words);
    } finally {
      client.destroy();
    }
  };
  const start = async () => {
    const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    server = spawn('redis-server', options, { stdio: 'ignore' });
    for (;;) {
      if (server.exitCode !== null) throw new Error(`redis-server ended with ${server.exitCode}.`);
      const isReady = await command('PING').then(
        () => true,
        () => false,
      );
      if (isReady) return;
      await delay(10);
    }
  };
  const stop = async () => {
    const running = server;
    server = undefined;
    if (running === undefined || running.exitCode !== null) return;
    const ended = once(running, 'exit');
    running.kill('SIGKILL');
    await ended;
  };
  await start();
  return {
    url,
    command,
    stop,
    start,
    freeze: () => void server?.kill('SIGSTOP'),
    thaw: () => void server?.kill('SIGCONT'),
    [Symbol.asyncDispose]: stop,
  };
}
