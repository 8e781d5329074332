import { lstat } from 'node:fs/promises';
import { sep } from 'node:path';

/** A longer path cannot exist: it exceeds PATH_MAX of Linux. */
const maxPathLength = 4_096;

/**
 * The parts of a command's arguments that the command might open as a path.
 *
 * - Each word that does not begin with `-`, and the value in `name=value`.
 * - Each word after `--`: there a name that begins with `-` is a path too. It may be an option nevertheless, because
 *   in `grep -e -- -f/a` the `--` is only the value of `-e`.
 * - In a word that begins with `-`: the value in `--file=/a`, the absolute or climbing path in `-f/a` and `-f../a`, and
 *   each end of the word that exists. `-fleak` may mean the file `leak`, and a program that allows no options after
 *   its first operand opens `-fleak` itself.
 *
 * @param words The arguments.
 * @param cwd The folder in which the command would run.
 * @param stop Aborts to end the look-ups: then its reason is thrown.
 */
export async function* possiblePaths(
  words: readonly string[],
  cwd: string,
  stop: AbortSignal,
): AsyncGenerator<string> {
  const end = words.indexOf('--');
  for (const [index, word] of words.entries()) {
    yield* writtenPaths(word);
    if (!word.startsWith('-')) continue;
    if (end >= 0 && index > end) yield word;
    yield* existingEnds(word, cwd, stop);
  }
}

/** The parts of a word that are paths by their form, whether they exist or not. */
function writtenPaths(word: string): string[] {
  const equals = word.indexOf('=');
  const value = equals < 0 ? [] : [word.slice(equals + 1)];
  if (!word.startsWith('-')) return [word, ...value];
  const start = word.search(/\/|\.\./);
  return start < 0 || (equals >= 0 && equals < start) ? value : [word.slice(start), ...value];
}

/** The ends of a word that name something which exists in `cwd`. The word itself is the longest end. */
async function* existingEnds(word: string, cwd: string, stop: AbortSignal): AsyncGenerator<string> {
  for (let start = Math.max(0, word.length - maxPathLength); start < word.length; start += 1) {
    stop.throwIfAborted();
    const end = word.slice(start);
    // `writtenPaths` has the absolute path. In `--exclude=src/etc` the end `/etc` is not meant.
    if (!end.startsWith('/') && (await exists(cwd + sep + end))) yield end;
  }
}

/** True also for a link without a target. */
async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
