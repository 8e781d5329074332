import type { ChangesResult, FileChange } from './change.ts';
import type { Entry } from './entry.ts';

/** A path that has changed since a revision. */
export interface ChangedPath {
  path: string;
  revision: number;
  /** Null: it was deleted. */
  entry: Entry | null;
}

/** What is below a folder, one level deep. */
export interface FolderListing {
  /** The hash of the folder, as `Tree.hash` computes it. */
  hash: string;
  /** The hashes of its folders, by name. */
  folders: Record<string, string>;
  entries: Entry[];
}

/** A chunk that is asked for. */
interface ChunkRequest {
  sha256: string;
}

export interface Chunk {
  sha256: string;
  bytes: Uint8Array;
}

/**
 * What a folder shows to the tools that read files (file-tools/), compared with the manifest. SAME: the same. MORE: all
 * that the manifest has, as it has it, and other things, such as an empty folder, or files that are not synced. OTHER: a
 * file differs, or that is not known.
 */
export const folderStates = ['SAME', 'MORE', 'OTHER'] as const;
export type FolderState = (typeof folderStates)[number];

export type SyncStatusReport = {
  status: 'SYNCING' | 'SYNCED' | 'ERROR';
  /** The replica has all changes up to this revision. */
  revision: number;
  /** `Tree.hash` of all that the replica has; null while it does not know it. */
  manifestHash: string | null;
  /** Of the present transfer, in both directions. */
  filesDone: number;
  filesTotal: number;
  bytesDone: number;
  bytesTotal: number;
  /** A sentence; null unless the status is ERROR. */
  error: string | null;
  /** Paths that cannot be synced, each with the reason, at most 100: special files, names that are not valid. */
  skipped: { path: string; reason: string }[];
  folderState: FolderState;
};

/** What an agent says about itself with each report. */
export interface AgentDetails {
  /** The random id of the process, with which it has opened its inbox. */
  instanceId: string;
  /** The most bytes of a result that its policy allows. */
  maxResultBytes: number;
}

/** A report as it arrives. Earlier agents say less. */
export type AgentReport = Omit<SyncStatusReport, 'folderState'> & {
  folderState?: FolderState | undefined;
  agent?: AgentDetails | undefined;
};

/**
 * The workspace as a replica sees it: the gateway over HTTP for an agent (src/agent/sync/), and directly for a folder
 * of the gateway (src/workspace/). All methods may be called again after a failure.
 */
export interface Remote {
  /**
   * What has changed after a revision, in the order of revisions.
   *
   * @param after 0: everything that there is, without deletions.
   * @returns Undefined if deletions since then have been forgotten: compare by `folder`. `revision` may be read when
   *   `paths` have ended: it comes last.
   */
  changedAfter(
    after: number,
    signal: AbortSignal,
  ): Promise<{ revision: number; paths: AsyncIterable<ChangedPath> } | undefined>;
  /** What is in a folder; the empty path is the top. An unknown folder is empty. */
  folder(path: string, signal: AbortSignal): Promise<FolderListing & { revision: number }>;
  /** Which of these chunks the workspace does not have. At most 10,000. */
  missing(chunks: readonly string[], signal: AbortSignal): Promise<string[]>;
  /** Stores chunks of at most `packBytes` bytes in all. */
  send(chunks: readonly Chunk[], signal: AbortSignal): Promise<void>;
  /** Reads chunks, in the order asked. Each has been checked against its hash. At most `packBytes` bytes in all. */
  receive(chunks: readonly ChunkRequest[], signal: AbortSignal): AsyncIterable<Chunk>;
  /** At most `maxChanges`. */
  change(changes: readonly FileChange[], signal: AbortSignal): Promise<ChangesResult>;
  report(report: SyncStatusReport, signal: AbortSignal): Promise<void>;
}

/** The most bytes of chunks in one request, unless one chunk alone is larger. */
export const packBytes = 4_194_304;
