import { Worker } from 'node:worker_threads';
import type { FromThread, SyncThreadData, ToThread } from './messages.ts';

/** The build puts the thread beside the program. Tests run the sources, but a thread of Node.js 20 runs no TypeScript. */
const threadFile = new URL(
  import.meta.url.endsWith('.ts') ? '../../../dist/sync-thread.js' : 'sync-thread.js',
  import.meta.url,
);

/**
 * For objects that have just been made. V8 would take up to 48 MB, and keep it; what the thread makes for each file is
 * gone soon.
 */
const maxYoungGenerationSizeMb = 8;

type Question = Extract<ToThread, { id: number; workspaceId: string }>['kind'];

export interface SyncThreadOptions extends SyncThreadData {
  print(line: string): void;
  /** Called when the thread has ended by itself. */
  onFailure(reason: string): void;
}

/** The thread of the replicas, as the agent sees it. */
export class SyncThread {
  readonly #worker: Worker;
  readonly #answers = new Map<number, (error: string | undefined) => void>();
  #lastId = 0;
  #isClosing = false;
  #onClosed = () => {};

  constructor({ print, onFailure, ...data }: SyncThreadOptions) {
    // The environment of the agent has its token.
    this.#worker = new Worker(threadFile, {
      workerData: data,
      env: {},
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb },
    });
    let reason = 'It ended.';
    this.#worker.on('message', (message: FromThread) => {
      if (message.kind === 'line') print(message.text);
      else if (message.kind === 'closed') this.#onClosed();
      else this.#answers.get(message.id)?.(message.error);
    });
    this.#worker.on('error', (error) => {
      reason = error.message;
    });
    this.#worker.on('exit', () => {
      for (const answer of this.#answers.values()) answer(reason);
      this.#onClosed();
      if (!this.#isClosing) onFailure(reason);
    });
  }

  tell(message: Extract<ToThread, { kind: 'workspaces' }>): void {
    this.#worker.postMessage(message);
  }

  /**
   * Asks something about a workspace.
   *
   * @returns Ends the question. @throws the reason of the signal, or an Error with what the thread says.
   */
  async ask(kind: Question, workspaceId: string, signal: AbortSignal): Promise<() => void> {
    this.#lastId += 1;
    const id = this.#lastId;
    const end = () => this.#worker.postMessage({ kind: 'end', id } satisfies ToThread);
    try {
      await new Promise<void>((resolve, reject) => {
        const onAbort = () => {
          end();
          reject(signal.reason);
        };
        this.#answers.set(id, (error) => {
          signal.removeEventListener('abort', onAbort);
          if (error === undefined) resolve();
          else reject(new Error(error));
        });
        signal.addEventListener('abort', onAbort, { once: true });
        if (signal.aborted) return onAbort();
        this.#worker.postMessage({ kind, id, workspaceId } satisfies ToThread);
      });
    } finally {
      this.#answers.delete(id);
    }
    return end;
  }

  /** Closes the replicas, and then the thread, but does not wait for longer than `withinMs`. */
  async close(withinMs: number): Promise<void> {
    this.#isClosing = true;
    await new Promise<void>((resolve) => {
      const late = setTimeout(resolve, withinMs);
      this.#onClosed = () => {
        clearTimeout(late);
        resolve();
      };
      this.#worker.postMessage({ kind: 'close' } satisfies ToThread);
    });
    // Not awaited: the thread ends only when the file system has answered its last request.
    void this.#worker.terminate();
  }
}
