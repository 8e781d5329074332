import type { BlobEntry, BlobStore } from './blob-store.ts';

/** How long a blob is kept that nothing refers to, in milliseconds: 30 days. */
const orphanMs = 30 * 86_400_000;
/** After this time, in milliseconds, a sweep marks a blob as used again. Long before other databases may delete it. */
const refreshedAfterMs = orphanMs / 2;

/** Blobs that a sweep looks up in the database with one statement. */
const sweptAtOnce = 500;

export interface SweepBlobsOptions {
  blobs: BlobStore;
  /** What was staged before that was never finished. */
  stagedBefore: Date;
  /** Finds those of the keys that something refers to. */
  findUsed(keys: string[]): Promise<string[]>;
  /** Deletes blobs, unless something refers to them by now. */
  release(keys: string[]): Promise<void>;
}

/**
 * Deletes what a crash left behind: what was staged and never finished, and blobs that nothing has referred to for 30 days.
 * A younger blob may belong to another gateway, to another database or to the database from before a backup was restored.
 * The blobs in use are marked as used, so that other databases do not delete them.
 */
export async function sweepBlobs(options: SweepBlobsOptions): Promise<void> {
  const { blobs, stagedBefore } = options;
  await blobs.sweepStaged(stagedBefore);
  const entries: BlobEntry[] = [];
  for await (const entry of blobs.list()) {
    if (ageOf(entry) < refreshedAfterMs) continue;
    entries.push(entry);
    if (entries.length === sweptAtOnce) await sweepSome(entries.splice(0), options);
  }
  if (entries.length > 0) await sweepSome(entries, options);
}

/** Looks all keys up with one statement, because most of them are not orphans. */
async function sweepSome(entries: BlobEntry[], options: SweepBlobsOptions): Promise<void> {
  const { blobs, findUsed, release } = options;
  const used = new Set(await findUsed(entries.map(({ key }) => key)));
  for (const key of used) await blobs.refresh(key);
  const orphans = entries.filter((entry) => !used.has(entry.key) && ageOf(entry) > orphanMs);
  await release(orphans.map(({ key }) => key));
}

function ageOf({ modifiedAt }: BlobEntry): number {
  return Date.now() - modifiedAt.getTime();
}
