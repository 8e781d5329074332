import { createHash } from 'node:crypto';
import { z } from 'zod';
import { pathProblem } from './path.ts';

/** The most bytes of a chunk. A file of at most this size is one chunk, whose hash is the hash of the file. */
export const chunkBytes = 4_194_304;

/** A SHA-256 in hexadecimal. */
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in hexadecimal');

/** The most chunks of a file, 2 GiB: more than any file of a workspace may have. */
const maxFileChunks = 512;

/** Stops at the first wrong chunk. A problem for each would take seconds and gigabytes for a list of 8 MB. */
const hashes = z.custom<string[]>(
  (list) =>
    Array.isArray(list) &&
    list.length <= maxFileChunks &&
    list.every((hash) => sha256.safeParse(hash).success),
  `expected at most ${maxFileChunks} SHA-256 in hexadecimal`,
);

const path = z.string().superRefine((text, context) => {
  const problem = pathProblem(text);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});

const size = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

const fileEntry = z
  .object({
    kind: z.literal('file'),
    path,
    sha256,
    /** In bytes. */
    size,
    /** The permission bits. */
    mode: z.number().int().min(0).max(0o777),
    /** The hashes of the chunks, in order, of a file that has more than one. All but the last have `chunkBytes`. */
    chunks: hashes.optional(),
    /** When the content was last changed, in milliseconds since the Unix epoch. It is no part of the manifest. */
    modifiedAt: z.number().int().min(0).max(8_640_000_000_000_000),
  })
  .refine(({ size: bytes, chunks }) => (chunks?.length ?? 1) === Math.max(1, Math.ceil(bytes / chunkBytes)), {
    path: ['chunks'],
    message: `expected the hash of each ${chunkBytes} bytes, and no list for a file of one chunk`,
  });

/** A symbolic link. It is kept as it is, and nothing follows it. */
const linkEntry = z.object({
  kind: z.literal('link'),
  path,
  /** Of the target in UTF-8. */
  sha256,
  target: z
    .string()
    .min(1)
    .max(4_096)
    .refine((text) => !text.includes('\0'), 'expected no zero byte')
    .refine((text) => !/\p{Surrogate}/u.test(text), 'expected valid Unicode'),
  modifiedAt: z.number().int().min(0).max(8_640_000_000_000_000),
});

export const entrySchema = z
  .union([fileEntry, linkEntry])
  .refine((entry) => entry.kind === 'file' || entry.sha256 === hashOf(entry.target), {
    path: ['sha256'],
    message: 'expected the hash of the target',
  });

export type FileEntry = z.output<typeof fileEntry>;
export type LinkEntry = z.output<typeof linkEntry>;
/** A file or link of a workspace, as the gateway and the agents tell each other. */
export type Entry = FileEntry | LinkEntry;

/**
 * What makes two versions of a path the same one: kind, mode and hash, as `f644:<sha256>` or `l:<sha256>`. The mode
 * counts, because a script that lost its execute bit is another file.
 */
export function versionOf(
  entry: Pick<FileEntry, 'kind' | 'mode' | 'sha256'> | Pick<LinkEntry, 'kind' | 'sha256'>,
): string {
  return entry.kind === 'file' ? `f${entry.mode.toString(8)}:${entry.sha256}` : `l:${entry.sha256}`;
}

export const versionSchema = z.string().regex(/^(f[0-7]{1,3}|l):[0-9a-f]{64}$/, 'expected a version');

/** The hashes of the chunks of a file, in order. An empty file is one empty chunk. */
export function chunksOf({ chunks, sha256: only }: FileEntry): string[] {
  return chunks ?? [only];
}

/** The bytes of a chunk of a file, by its place. */
export function chunkSize({ size: bytes }: Pick<FileEntry, 'size'>, index: number): number {
  return Math.min(chunkBytes, bytes - index * chunkBytes);
}

export function hashOf(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** The bytes of a file; 0 for a link, and for nothing. */
export function sizeOf(entry: Entry | null | undefined): number {
  return entry?.kind === 'file' ? entry.size : 0;
}
