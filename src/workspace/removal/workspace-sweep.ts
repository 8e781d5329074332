import type { Logger } from 'pino';
import { sweepBlobs } from '../../blobs/sweep-blobs.ts';
import { nextWorkspace } from '../../storage/statements/workspace-removal.ts';
import { findUsedBlobs, releaseBlobs } from './remove-workspaces.ts';
import { pruneDeletions, type SweepOptions, sweepContents } from './sweep-workspace.ts';

export interface WorkspaceSweepOptions extends SweepOptions {
  /** Called when all contents without files are gone. */
  onSwept(): void;
  log: Logger;
}

const dayMs = 86_400_000;
/** When files of so many bytes were replaced or deleted, their contents are not kept until the daily sweep. */
const mostDroppedBytes = 268_435_456;
/** How old contents must be that are deleted then, in milliseconds: longer than a replica takes to send a change. */
const droppedAgeMs = 600_000;

/**
 * Deletes what workspaces do not need any more: contents without files, blobs without contents, old deletions. Once a day,
 * and earlier for a workspace whose large files are changed often. Disposing waits for a sweep that is at work.
 */
export class WorkspaceSweep implements AsyncDisposable {
  readonly #options: WorkspaceSweepOptions;
  readonly #dropped = new Map<number, number>();
  readonly #timer: NodeJS.Timeout;
  #sweeping: Promise<void> = Promise.resolve();
  #isClosing = false;

  constructor(options: WorkspaceSweepOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.start(new Date(Date.now() - dayMs)), dayMs).unref();
  }

  /** Sweeps everything, without being waited for. What was staged before a time and not finished is deleted. */
  start(stagedBefore: Date): void {
    this.#next(async () => {
      const { blobs } = this.#options;
      await sweepBlobs({
        ...{ blobs, stagedBefore },
        findUsed: (keys) => findUsedBlobs(this.#options, keys),
        release: (keys) => releaseBlobs(this.#options, keys),
      });
      for (let id = 0; !this.#isClosing; ) {
        const next = await this.#options.statements.get(nextWorkspace, [id]);
        if (next === undefined) return this.#options.onSwept();
        id = next.sessionId;
        await sweepContents(this.#options, id, new Date(Date.now() - dayMs));
        await pruneDeletions(this.#options, id);
      }
    });
  }

  /** Notes that files were replaced or deleted. */
  noteDropped(sessionId: number, bytes: number): void {
    const dropped = (this.#dropped.get(sessionId) ?? 0) + bytes;
    this.#dropped.set(sessionId, dropped);
    if (dropped < mostDroppedBytes) return;
    this.#dropped.delete(sessionId);
    this.#next(() => sweepContents(this.#options, sessionId, new Date(Date.now() - droppedAgeMs)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#timer);
    await this.#sweeping;
  }

  #next(sweep: () => Promise<void>): void {
    this.#sweeping = this.#sweeping.then(async () => {
      if (!this.#isClosing) await sweep();
    });
    this.#sweeping = this.#sweeping.catch((err: unknown) =>
      this.#options.log.warn({ err }, 'old contents of workspaces could not be swept'),
    );
  }
}
