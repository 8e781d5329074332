import { formatBytes } from '../../base/format-bytes.ts';
import type { SyncStatusReport } from '../../sync/remote.ts';
import { formatLine } from '../output/format.ts';

/** Prints a line when a workspace is synced for the first time or again after a failure, when it fails, and for each conflict. */
export class StateLines {
  readonly #start: string;
  readonly #print: (line: string) => void;
  #said = '';

  constructor(workspaceId: string, below: string, print: (line: string) => void) {
    this.#start = `workspace ${workspaceId} in ${JSON.stringify(below === '' ? '.' : below)}`;
    this.#print = print;
  }

  see({ status, error, filesTotal, bytesTotal, skipped }: SyncStatusReport): void {
    if (status === 'SYNCING') return;
    const [first] = skipped;
    const left = first
      ? `, ${skipped.length} left out, such as ${formatLine(first.path)}: ${formatLine(first.reason)}`
      : '';
    const moved = filesTotal > 0 ? ` (${filesTotal} files, ${formatBytes(bytesTotal)})` : '';
    const state = status === 'ERROR' ? `ERROR ${error}` : `SYNCED${left}`;
    if (state === this.#said) return;
    this.#said = state;
    this.#print(
      status === 'ERROR'
        ? `${this.#start}: ${formatLine(error ?? '')}`
        : `${this.#start}: synced${moved}${left}`,
    );
  }

  conflict(path: string, keptPath: string): void {
    const [shown, kept] = [path, keptPath].map((each) => formatLine(JSON.stringify(each)));
    this.#print(
      `${this.#start}: conflict: ${shown} was changed elsewhere too, and the version of this node is ${kept}`,
    );
  }
}
