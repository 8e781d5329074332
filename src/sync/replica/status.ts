import type { FolderState, Remote, SyncStatusReport } from '../remote.ts';

/** The shortest time between two reports of a transfer. */
const everyMs = 500;
/** Most paths that a report names. */
const maxSkipped = 100;

export type StatusListener = (report: SyncStatusReport) => void;

/** Tells the workspace how far the replica is: each change of state, and a transfer at most twice a second. */
export class StatusReports {
  readonly #remote: Remote;
  readonly #signal: AbortSignal;
  readonly #onReport: StatusListener;
  /** What was said last, without the numbers of the transfer. */
  #said = '';
  #saidAt = 0;
  #next: SyncStatusReport | undefined;
  #sending: Promise<void> | undefined;
  #told: SyncStatusReport | undefined;
  /** Whether the last report may not have arrived. */
  #hasFailed = false;

  constructor(remote: Remote, onReport: StatusListener, signal: AbortSignal) {
    this.#remote = remote;
    this.#onReport = onReport;
    this.#signal = signal;
  }

  /** Says it, unless that would be too often or nothing new. */
  tell(report: SyncStatusReport): void {
    const { status, revision, manifestHash, error, folderState } = report;
    const skipped = report.skipped.slice(0, maxSkipped);
    const state = JSON.stringify(
      status === 'SYNCING' ? [status] : [status, revision, manifestHash, error, skipped, folderState],
    );
    const now = performance.now();
    if (state === this.#said && (status !== 'SYNCING' || now - this.#saidAt < everyMs)) return;
    this.#said = state;
    this.#saidAt = now;
    this.#next = { ...report, skipped };
    this.#told = this.#next;
    this.#onReport(this.#next);
    this.#sending ??= this.#send();
  }

  /** Says again what was said last: the gateway may have lost it. */
  repeat(): void {
    this.#said = '';
  }

  /**
   * Resolves when the workspace does not believe any more that the folder is in another state: it was told that, or that
   * the replica is not done.
   *
   * @throws Error if it could not be told.
   */
  async retract(folderState: FolderState, report: () => void): Promise<void> {
    if (this.#told?.status === 'SYNCED' && this.#told.folderState !== folderState) report();
    await this.#sending;
    if (this.#hasFailed) throw new Error('The workspace could not be told how far the replica is.');
  }

  /** Resolves when everything was said, or could not be. */
  async end(): Promise<void> {
    await this.#sending;
  }

  /** One at a time, and only the newest. */
  async #send(): Promise<void> {
    while (this.#next !== undefined && !this.#signal.aborted) {
      const report = this.#next;
      this.#next = undefined;
      // Reports are not tried again: after a failure the loop of the replica says anew where it is.
      await this.#remote.report(report, this.#signal).then(
        () => {
          this.#hasFailed = false;
        },
        () => {
          this.#hasFailed = true;
          this.repeat();
        },
      );
    }
    this.#sending = undefined;
  }
}
