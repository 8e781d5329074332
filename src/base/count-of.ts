/** A number with its noun: `1 session`, `2 sessions`. @param noun An English noun whose plural ends in s. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
