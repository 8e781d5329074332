import type { ChangeOutcome } from '../change.ts';
import { chunkSize, chunksOf, versionOf } from '../entry.ts';
import { type Chunk, packBytes } from '../remote.ts';
import { readChunk } from './disk/read-entry.ts';
import type { Stamp } from './disk/stamp.ts';
import type { LocalChange, PushOptions } from './local-change.ts';
import { isSame } from './memory/memory.ts';
import { groups, inParallel } from './part.ts';

/** Where the bytes of a chunk are. */
interface Source {
  sha256: string;
  size: number;
  path: string;
  index: number;
  bytes: Buffer | undefined;
  /** How its file looked when it was hashed. */
  stamp: Stamp | undefined;
}

/** The most chunks of one question. */
const maxAsked = 10_000;
const packsAtATime = 2;
/** How often changes are sent again because chunks of them were missing after all. */
const attempts = 3;

/** Sends one batch of changes: the contents that the workspace does not have, and then the changes. */
export class Transfer {
  readonly #options: PushOptions;
  #changes: LocalChange[];

  constructor(options: PushOptions, changes: LocalChange[]) {
    this.#options = options;
    this.#changes = changes;
  }

  async run(): Promise<void> {
    const { remote, signal, memory } = this.#options;
    let wanted = sourcesOf(this.#changes);
    for (let attempt = 1; this.#changes.length > 0; attempt += 1) {
      const asked = [...wanted.keys()];
      const missing: string[] = [];
      for (let start = 0; start < asked.length; start += maxAsked) {
        missing.push(...(await remote.missing(asked.slice(start, start + maxAsked), signal)));
      }
      await this.#send(missing.flatMap((sha256) => wanted.get(sha256) ?? []));
      const changes = this.#changes.map(({ path, base, entry }) => ({
        path,
        base: base && versionOf(base),
        entry,
      }));
      if (changes.length === 0) return;
      memory.noteSent(changes);
      const { outcomes, revision } = await remote.change(changes, signal);
      this.#options.onRevision(revision);
      const lacking = this.#settle(outcomes);
      if (attempt === attempts && lacking.size > 0)
        throw new Error('The workspace loses contents that were sent.');
      this.#changes = this.#changes.filter(({ path }) => lacking.has(path));
      wanted = sourcesOf(this.#changes);
    }
  }

  async #send(sources: readonly Source[]): Promise<void> {
    const { progress, remote, signal } = this.#options;
    for (const { size } of sources) progress.bytesTotal += size;
    const limits = { maxCount: maxAsked, maxBytes: packBytes, bytesOf: ({ size }: Source) => size };
    await inParallel(groups(sources, limits), packsAtATime, async (group) => {
      const chunks: Chunk[] = [];
      for (const source of group) {
        const bytes = source.bytes ?? (await this.#read(source));
        if (bytes !== undefined) chunks.push({ sha256: source.sha256, bytes });
      }
      if (chunks.length > 0) await remote.send(chunks, signal);
      for (const { size } of group) progress.bytesDone += size;
    });
  }

  /** Changes of a file that is no longer what it was are left out: it is read anew. */
  async #read(source: Source): Promise<Buffer | undefined> {
    using folders = this.#options.openFolders();
    const bytes = await readChunk(folders, source);
    if (bytes !== undefined) return bytes;
    const isBroken = ({ entry }: LocalChange) =>
      entry?.kind === 'file' && chunksOf(entry).includes(source.sha256);
    for (const { path } of this.#changes.filter(isBroken)) this.#options.later.add(path);
    this.#changes = this.#changes.filter((change) => !isBroken(change));
    return undefined;
  }

  /** @returns The paths whose chunks are missing. */
  #settle(outcomes: readonly ChangeOutcome[]): Set<string> {
    const { memory, progress, refusals, onConflict } = this.#options;
    const lacking = new Set<string>();
    const changes = new Map(this.#changes.map((change) => [change.path, change]));
    for (const outcome of outcomes) {
      const change = changes.get(outcome.path);
      if (change === undefined) continue;
      const { path, entry, stamp } = change;
      if (outcome.outcome === 'missing') {
        lacking.add(path);
        continue;
      }
      progress.filesDone += 1;
      if (outcome.outcome === 'refused') {
        refusals.add(path, stamp, outcome.reason, outcome.isFull);
        continue;
      }
      refusals.delete(path);
      if (outcome.outcome === 'superseded' && outcome.keptPath !== null) onConflict(path, outcome.keptPath);
      const { base, pending = base } = memory.get(path);
      // What was superseded is kept by the workspace, so nothing is lost when what the workspace has is written over it.
      const there = outcome.outcome === 'superseded' && !isSame(pending, entry) ? pending : undefined;
      memory.set(path, { base: entry, pending: there, stamp });
    }
    memory.save();
    return lacking;
  }
}

function sourcesOf(changes: readonly LocalChange[]): Map<string, Source> {
  const sources = new Map<string, Source>();
  for (const { path, entry, bytes, stamp } of changes) {
    if (entry?.kind !== 'file') continue;
    for (const [index, sha256] of chunksOf(entry).entries()) {
      sources.set(sha256, { sha256, size: chunkSize(entry, index), path, index, bytes, stamp });
    }
  }
  return sources;
}
