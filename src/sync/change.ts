import { z } from 'zod';
import { entrySchema, sha256, versionSchema } from './entry.ts';
import { pathLimits } from './path.ts';

/** The most changes of one request. */
export const maxChanges = 1_000;

/** That of a deletion may be one that cannot be there: it is deleted already. */
const path = z.string().max(pathLimits.maxBytes);

/** What a replica did to a path. */
const changeSchema = z
  .object({
    path,
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
const outcomeSchema = z.discriminatedUnion('outcome', [
  /** It is what the workspace has now. */
  z.object({ outcome: z.literal('stored'), path }),
  /** The workspace has another version: `pull` it. That of the replica was kept as `keptPath`, if it had one. */
  z.object({ outcome: z.literal('superseded'), path, keptPath: z.string().nullable() }),
  /** These chunks are missing: send them, and then the change again. */
  z.object({ outcome: z.literal('missing'), path, chunks: z.array(sha256) }),
  /** The workspace does not take it. `reason` is a sentence. `isFull`: it may take it when there is room again. */
  z.object({ outcome: z.literal('refused'), path, reason: z.string(), isFull: z.boolean() }),
]);

export const changesResultSchema = z.object({
  /** The workspace's revision after the changes. */
  revision: z.number().int().min(0),
  outcomes: z.array(outcomeSchema),
});

export type ChangeOutcome = z.output<typeof outcomeSchema>;
export type ChangesResult = z.output<typeof changesResultSchema>;
