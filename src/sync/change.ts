import { z } from 'zod';
import { entrySchema, versionSchema } from './entry.ts';

/** The most changes of one request. */
export const maxChanges = 1_000;

/** What a replica did to a path. */
const changeSchema = z
  .object({
    path: z.string(),
    /** The version (`versionOf`) that the replica and the workspace last had in common; null if there was none. */
    base: versionSchema.nullable(),
    /** What the replica has now; null if it has deleted the path. */
    entry: entrySchema.nullable(),
  })
  .refine(({ path, entry }) => entry === null || entry.path === path, {
    path: ['entry', 'path'],
    message: 'expected `path`',
  });

export const changesSchema = z.object({ changes: z.array(changeSchema).min(1).max(maxChanges) });

export type FileChange = z.output<typeof changeSchema>;

/** What the workspace made of a change. */
export type ChangeOutcome =
  /** It is what the workspace has now. */
  | { path: string; outcome: 'stored' }
  /** The workspace has another version: `pull` it. That of the replica was kept as `keptPath`, if it had one. */
  | { path: string; outcome: 'superseded'; keptPath: string | null }
  /** These chunks are missing: send them, and then the change again. */
  | { path: string; outcome: 'missing'; chunks: string[] }
  /** The workspace does not take it. `reason` is a sentence. `isFull`: it may take it when there is room again. */
  | { path: string; outcome: 'refused'; reason: string; isFull: boolean };

export interface ChangesResult {
  /** The workspace's revision after the changes. */
  revision: number;
  outcomes: ChangeOutcome[];
}
