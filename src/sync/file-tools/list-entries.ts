import { type WalkedEntry, type WalkOptions, walk } from './walk.ts';

export interface ListOptions extends WalkOptions {
  /** The limit of the result in bytes of UTF-8. */
  maxOutputBytes: number;
}

const maxEntries = 2_000;
/** Reserved for the notice that there are more entries. */
const noticeBytes = 100;

const suffixes: Record<WalkedEntry['kind'], string> = { file: '', folder: '/', link: '@', other: '=' };

/**
 * Lists the entries of a folder, one a line, as paths from the top. A folder ends in `/`, a symbolic link in `@`, and an
 * entry that is not a regular file either (a pipe, a socket) in `=`.
 */
export async function listEntries({ maxOutputBytes, ...where }: ListOptions): Promise<string> {
  let bytesLeft = maxOutputBytes - noticeBytes;
  const lines: string[] = [];
  for await (const { path, kind } of walk(where)) {
    const line = `${path}${suffixes[kind]}`;
    bytesLeft -= Buffer.byteLength(line) + 1;
    if (bytesLeft < 0 || lines.length === maxEntries) {
      lines.push(`[There are more entries: list a folder below, or use a depth below ${where.depth}.]`);
      break;
    }
    lines.push(line);
  }
  return lines.length === 0
    ? '[The folder is empty, or .gitignore excludes all its entries.]'
    : lines.join('\n');
}
