import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { endedChildrenCpu } from './process-cpu.ts';

/** A daemon of rsync (Debian's package) on loopback that receives a copy of a folder. Disposing ends it. */
export class Rsync implements Disposable {
  readonly #daemon: ChildProcess;
  readonly #url: string;

  private constructor(daemon: ChildProcess, url: string) {
    this.#daemon = daemon;
    this.#url = url;
  }

  /** @param folder Has the folder `copy`, to which files are sent. */
  static async start(folder: string): Promise<Rsync> {
    const port = await freePort();
    const config = join(folder, 'rsyncd.conf');
    const lines = [
      'use chroot = no',
      '[copy]',
      `path = ${join(folder, 'copy')}`,
      'read only = no',
      `uid = ${process.getuid?.()}`,
      `gid = ${process.getgid?.()}`,
    ];
    await writeFile(config, `${lines.join('\n')}\n`);
    const daemon = spawn('rsync', ['--daemon', '--no-detach', `--port=${port}`, `--config=${config}`], {
      stdio: 'inherit',
    });
    await delay(500);
    return new Rsync(daemon, `rsync://127.0.0.1:${port}/copy/`);
  }

  /** Sends a folder. @returns Seconds of processor time, of sender and receiver. */
  async send(from: string): Promise<number> {
    const pids = [process.pid, this.#daemon.pid ?? 0];
    const before = pids.map(endedChildrenCpu);
    execFileSync('rsync', ['-a', '--omit-dir-times', `${from}/`, this.#url]);
    // The daemon waits for the process that received a moment after the sender has ended.
    await delay(300);
    const used = pids.reduce((sum, pid, at) => sum + endedChildrenCpu(pid) - (before[at] ?? 0), 0);
    return used / 1_000_000;
  }

  [Symbol.dispose](): void {
    this.#daemon.kill();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
