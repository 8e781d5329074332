import { createHash } from 'node:crypto';
import type { ChangeOutcome, FileChange } from '../../../src/sync/change.ts';
import { chunksOf, type Entry, hashOf, versionOf } from '../../../src/sync/entry.ts';
import { folderOf } from '../../../src/sync/path.ts';
import type { Remote, SyncStatusReport } from '../../../src/sync/remote.ts';
import { Tree } from '../../../src/sync/tree.ts';

/** A workspace in memory that decides about changes as the gateway does. */
export class MemoryWorkspace {
  readonly tree = new Tree();
  readonly chunks = new Map<string, Uint8Array>();
  readonly reports = new Map<string, SyncStatusReport[]>();
  /** The names under which other versions were kept. */
  readonly kept = new Set<string>();
  /** The last change of each path. */
  readonly #log = new Map<string, { revision: number; entry: Entry | null }>();
  /** Called after each change. */
  onChange: (revision: number) => void = () => {};
  /** Called before each request; throws to make it fail. */
  onRequest: (name: keyof Remote, of: string) => void = () => {};
  /** Called when changes were made, before their replica hears of it; throws as if the connection were lost. */
  onChanged: (of: string) => void = () => {};
  prunedRevision = 0;
  revision = 0;
  /** Bytes of contents that were sent and received. */
  sent = 0;
  received = 0;

  /** @param hasTruth Whether its version wins where two have changed a file. */
  remote(name: string, hasTruth = false): Remote {
    const request = (method: keyof Remote, signal: AbortSignal) => {
      signal.throwIfAborted();
      this.onRequest(method, name);
    };
    return {
      changedAfter: async (after, signal) => {
        request('changedAfter', signal);
        if (after > 0 && after < this.prunedRevision) return undefined;
        const changed = [...this.#log].filter(
          ([, { revision, entry }]) => revision > after && (after > 0 || entry),
        );
        const { revision } = this;
        return {
          revision,
          paths: (async function* () {
            for (const [path, change] of changed.sort((a, b) => a[1].revision - b[1].revision)) {
              signal.throwIfAborted();
              yield { path, ...change };
            }
          })(),
        };
      },
      folder: async (path, signal) => {
        request('folder', signal);
        const { folders, entries } = this.tree.list(path);
        const start = path === '' ? '' : `${path}/`;
        return {
          revision: this.revision,
          hash: this.tree.hash(path),
          folders: Object.fromEntries(folders.map((folder) => [folder, this.tree.hash(start + folder)])),
          entries,
        };
      },
      missing: async (chunks, signal) => {
        request('missing', signal);
        return chunks.filter((chunk) => !this.chunks.has(chunk));
      },
      send: async (chunks, signal) => {
        request('send', signal);
        for (const { sha256, bytes } of chunks) {
          if (hashOf(bytes) !== sha256) throw new Error('wrong hash');
          this.chunks.set(sha256, Uint8Array.from(bytes));
          this.sent += bytes.length;
        }
      },
      receive: (chunks, signal) => this.#receive(chunks, () => request('receive', signal)),
      change: async (changes, signal) => {
        request('change', signal);
        const outcomes = this.change(changes, name, hasTruth);
        this.onChanged(name);
        return { revision: this.revision, outcomes };
      },
      report: async (report, signal) => {
        request('report', signal);
        const reports = this.reports.get(name) ?? [];
        this.reports.set(name, [...reports, report]);
      },
    };
  }

  change(changes: readonly FileChange[], name: string, hasTruth: boolean): ChangeOutcome[] {
    const deletionsFirst = [...changes].sort((a, b) => Number(a.entry !== null) - Number(b.entry !== null));
    const outcomes = deletionsFirst.map((change) => this.#decide(change, name, hasTruth));
    this.onChange(this.revision);
    return outcomes;
  }

  /** Writes a file as a client of the gateway does. */
  write(path: string, text: string | Uint8Array, mode = 0o644): void {
    const bytes = Buffer.from(text);
    const sha256 = hashOf(bytes);
    this.chunks.set(sha256, bytes);
    const before = this.tree.get(path);
    const entry = {
      kind: 'file',
      path,
      sha256,
      size: bytes.length,
      mode,
      modifiedAt: 1_700_000_000_123,
    } as const;
    this.change([{ path, base: before ? versionOf(before) : null, entry }], 'client', false);
  }

  /** Whether a file may be written at a path. */
  isFree(path: string): boolean {
    return this.tree.get(path) !== undefined || !this.#isBlocked(path);
  }

  delete(path: string): void {
    const before = this.tree.get(path);
    if (before) this.change([{ path, base: versionOf(before), entry: null }], 'client', false);
  }

  /** All files by path, as text; links as `-> target`. */
  texts(): Record<string, string> {
    const entries = [...this.tree.entries()].sort((a, b) => (a.path < b.path ? -1 : 1));
    return Object.fromEntries(entries.map((entry) => [entry.path, this.#textOf(entry)]));
  }

  /** What a hostile gateway says. */
  put(entry: Entry | { path: string; [key: string]: unknown }): void {
    this.#log.set(entry.path, { revision: ++this.revision, entry: entry as Entry });
    this.onChange(this.revision);
  }

  async *#receive(chunks: readonly { sha256: string }[], request: () => void) {
    request();
    for (const { sha256 } of chunks) {
      const bytes = this.chunks.get(sha256);
      if (bytes === undefined) continue;
      this.received += bytes.length;
      yield { sha256, bytes };
    }
  }

  #decide({ path, base, entry }: FileChange, name: string, hasTruth: boolean): ChangeOutcome {
    const present = this.tree.get(path);
    const there = present ? versionOf(present) : null;
    if (entry === null) {
      if (present === undefined) return { path, outcome: 'stored' };
      if (base !== there) return { path, outcome: 'superseded', keptPath: null };
      this.#put(path, null);
      return { path, outcome: 'stored' };
    }
    if (there === versionOf(entry)) return { path, outcome: 'stored' };
    const missing = entry.kind === 'file' ? chunksOf(entry).filter((chunk) => !this.chunks.has(chunk)) : [];
    if (missing.length > 0) return { path, outcome: 'missing', chunks: missing };
    const isTaken = present === undefined && this.#isBlocked(path);
    if (!isTaken && (present === undefined || base === there || hasTruth)) {
      if (present && base !== there) this.#keep(present, 'other');
      this.#put(path, entry);
      return { path, outcome: 'stored' };
    }
    return { path, outcome: 'superseded', keptPath: this.#keep(entry, name) };
  }

  #isBlocked(path: string): boolean {
    for (let folder = folderOf(path); folder !== ''; folder = folderOf(folder)) {
      if (this.tree.get(folder)) return true;
    }
    const { folders, entries } = this.tree.list(path);
    return folders.length + entries.length > 0;
  }

  #keep(entry: Entry, of: string): string {
    const id = createHash('sha256').update(versionOf(entry)).digest('hex').slice(0, 8);
    const keptPath = `${entry.path.replaceAll('/', '-')} (conflict from ${of} ${id})`;
    this.kept.add(keptPath);
    this.#put(keptPath, { ...entry, path: keptPath });
    return keptPath;
  }

  #put(path: string, entry: Entry | null): void {
    this.revision += 1;
    this.#log.set(path, { revision: this.revision, entry });
    if (entry) this.tree.set(entry);
    else this.tree.delete(path);
  }

  #textOf(entry: Entry): string {
    if (entry.kind === 'link') return `-> ${entry.target}`;
    return Buffer.concat(chunksOf(entry).map((chunk) => this.chunks.get(chunk) as Uint8Array)).toString();
  }
}
