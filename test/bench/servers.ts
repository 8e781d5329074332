import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Pinned, startPinned } from './pinned.ts';

/** A server that is measured, in a process of its own on the first core. */
export interface BenchServer extends AsyncDisposable {
  pid: number;
  port: number;
}

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Debian's packages belong to its own Python, whatever other Python comes first in the path. */
const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';

/** Why the FastAPI peer cannot run here; undefined if it can. */
export function peerIsMissing(): string | undefined {
  const modules = 'fastapi, uvicorn, sqlalchemy, ujson, uvloop, httptools, multipart';
  if (spawnSync(python, ['-c', `import ${modules}`]).status === 0) return undefined;
  const packages = modules.replaceAll(/\w+/g, 'python3-$&');
  return `The FastAPI peer is skipped: ${python} has not all of its modules. On Debian install ${packages}.`;
}

/** The built gateway with an empty database and without request limits. */
export async function startGateway(settings: Record<string, string> = {}): Promise<BenchServer> {
  const folder = await mkdtemp(join(tmpdir(), 'switchyard-bench-'));
  const own = {
    DATA_DIR: folder,
    PORT: '0',
    LOG_FORMAT: 'json',
    SHUTDOWN_GRACE_MS: '0',
    DEMO_DELAY_MS: '0',
    MAX_REQUESTS_PER_MINUTE: '0',
    MAX_EVENT_LOOP_DELAY_MS: '0',
  };
  return serverOf(
    startPinned([process.execPath, here('../../dist/main.js')], { ...own, ...settings }),
    folder,
  );
}

/**
 * The gateway from its sources, with an empty database.
 *
 * @param settings Added to what every bench needs. Limits of requests and of pressure keep their defaults.
 */
export async function startMain(settings: Record<string, string>): Promise<BenchServer> {
  const folder = await mkdtemp(join(tmpdir(), 'switchyard-bench-'));
  const own = { DATA_DIR: folder, PORT: '0', LOG_FORMAT: 'json', SHUTDOWN_GRACE_MS: '0' };
  const command = [process.execPath, ...process.execArgv, here('../../src/main.ts')];
  return serverOf(startPinned(command, { ...own, ...settings }), folder);
}

export async function startBare(): Promise<BenchServer> {
  return serverOf(startPinned([process.execPath, ...process.execArgv, here('./bare-server.ts')]));
}

/** The peer in `peer/app.py`. */
export async function startPeer(): Promise<BenchServer> {
  const folder = await mkdtemp(join(tmpdir(), 'switchyard-peer-'));
  const port = await freePort();
  const pinned = startPinned([python, here('./peer/app.py'), String(port), join(folder, 'peer.db')]);
  for (let tries = 0; ; tries += 1) {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/sessions/`).catch(() => undefined);
    if (response?.ok) break;
    if (tries > 200) throw new Error('The FastAPI peer did not start.');
    await delay(50);
  }
  return disposable(pinned, port, folder);
}

/**
 * Waits until a server has printed its address.
 *
 * @param folder A folder that is deleted with the server. Default: none.
 */
export async function serverOf(pinned: Pinned, folder?: string): Promise<BenchServer> {
  const port = await new Promise<number>((resolve, reject) => {
    let text = '';
    pinned.child.stdout?.on('data', (chunk) => {
      text = (text + String(chunk)).slice(-10_000);
      const found = /http:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1];
      if (found) resolve(Number(found));
    });
    pinned.child.once('exit', () => reject(new Error('The server did not start.')));
  });
  pinned.child.stdout?.removeAllListeners('data');
  return disposable(pinned, port, folder);
}

function disposable(pinned: Pinned, port: number, folder: string | undefined): BenchServer {
  // Read and drop the log, because a full pipe would stop the server.
  pinned.child.stdout?.resume();
  return {
    pid: pinned.pid,
    port,
    async [Symbol.asyncDispose]() {
      await pinned[Symbol.asyncDispose]();
      if (folder) await rm(folder, { recursive: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}
