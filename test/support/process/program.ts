import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { builtScript, programFile } from '../suite/built.ts';

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** `switchyard` in a process of its own. Disposing kills it. */
export interface Program extends AsyncDisposable {
  readonly pid: number;
  /** Resolves when the process has ended and all its output was read. */
  readonly exited: Promise<Exit>;
  /** The output so far. The object is updated as output arrives. */
  readonly written: { readonly stdout: string; readonly stderr: string };
  /**
   * Calls `look` after each output until it returns a value, and resolves with that value.
   *
   * @param what Text for the error with which it rejects when the process ends before that.
   */
  found<T>(look: () => T | undefined, what: string): Promise<T>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts the built program in `/`, where no .env file with the settings of a developer is read. */
export function spawnProgram(args: readonly string[], env: NodeJS.ProcessEnv): Program {
  return watch(
    spawn(process.execPath, [programFile, ...args], { cwd: '/', env, stdio: ['ignore', 'pipe', 'pipe'] }),
  );
}

/** The same, for a gateway that nobody disposes of: it ends with this process, and deletes its data folder then. */
export function spawnLastingProgram(env: { DATA_DIR: string } & NodeJS.ProcessEnv): Program {
  const child = spawn(process.execPath, ['--import', builtScript('end-with-parent'), programFile], {
    cwd: '/',
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  // It must not keep this process, for whose end it waits.
  child.unref();
  child.channel?.unref();
  for (const output of [child.stdout, child.stderr]) (output as Socket).unref();
  return watch(child as ChildProcessByStdio<null, Readable, Readable>);
}

function watch(child: ChildProcessByStdio<null, Readable, Readable>): Program {
  const written = { stdout: '', stderr: '' };
  const waiting = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      written[name] += text;
      for (const look of waiting) look();
    });
  }
  const exited = once(child, 'close').then(([code, signal]): Exit => ({ code, signal }));
  return {
    pid: child.pid ?? 0,
    exited,
    written,
    found(look, what) {
      return new Promise((resolve, reject) => {
        const lookAgain = () => {
          const found = look();
          if (found === undefined) return;
          waiting.delete(lookAgain);
          resolve(found);
        };
        waiting.add(lookAgain);
        lookAgain();
        void exited.then(() =>
          reject(new Error(`The program ended without "${what}". ${JSON.stringify(written)}`)),
        );
      });
    },
    kill: (signal) => void child.kill(signal),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
