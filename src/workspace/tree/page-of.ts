/** Which of the sorted paths are wanted. */
export interface FileOrder {
  /** Only paths below this folder. Default: all. */
  under?: string | undefined;
  /** Only paths behind this one, or before that one. */
  after?: string | undefined;
  before?: string | undefined;
  /** The most paths. */
  limit: number;
  /** Whether to take the last ones. They are sorted all the same. */
  fromEnd?: boolean | undefined;
}

/** @param paths Sorted by UTF-16. */
export function pageOf(paths: readonly string[], order: FileOrder): string[] {
  const { under = '', after, before, limit, fromEnd = false } = order;
  const [first, last] = under === '' ? [0, paths.length] : [`${under}/`, `${under}0`].map(positionIn(paths));
  const start = Math.max(first as number, after === undefined ? 0 : positionIn(paths)(`${after}\0`));
  const end = Math.min(last as number, before === undefined ? paths.length : positionIn(paths)(before));
  if (start >= end) return [];
  return fromEnd
    ? paths.slice(Math.max(start, end - limit), end)
    : paths.slice(start, Math.min(end, start + limit));
}

/** Returns the place of the first path that does not come before a text. */
function positionIn(paths: readonly string[]): (text: string) => number {
  return (text) => {
    let low = 0;
    let high = paths.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((paths[middle] as string) < text) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
