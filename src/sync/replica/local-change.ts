import type { Entry } from '../entry.ts';
import type { Stamp } from './disk/stamp.ts';
import type { ReplicaPart } from './part.ts';
import type { Refusals } from './refusals.ts';

/** A change of the replica that is sent. */
export interface LocalChange {
  path: string;
  base: Entry | null;
  /** Null: the path was deleted. */
  entry: Entry | null;
  /** Undefined if it could stay the same when the content changes. */
  stamp: Stamp | undefined;
  /** The content of a small file, so that it need not be read twice. */
  bytes: Buffer | undefined;
}

export interface PushOptions extends ReplicaPart {
  refusals: Refusals;
  /** Gets the paths that changed while they were read: they are dirty again after a moment. */
  later: Set<string>;
  /** Gets the revision of the workspace after changes. */
  onRevision(revision: number): void;
  onConflict(path: string, keptPath: string): void;
}
