import { chunksOf, type FileEntry } from '../../sync/entry.ts';
import type { Contents } from './contents.ts';

/** Longer files are not shown as text. */
const maxTextBytes = 1_048_576;

/** The text of a file; null if it is too long, or no text in UTF-8. */
export async function readText(
  contents: Contents,
  sessionId: number,
  file: FileEntry,
): Promise<string | null> {
  if (file.size > maxTextBytes) return null;
  const pieces: Buffer[] = [];
  const all = { start: 0, end: file.size - 1 };
  for await (const piece of contents.readRange(sessionId, chunksOf(file), all)) pieces.push(piece);
  const bytes = Buffer.concat(pieces);
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
