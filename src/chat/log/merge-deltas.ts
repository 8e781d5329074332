import type { RunEvent } from '../run-event.ts';

/** So that no frame grows without bound, however far a follower lags. In UTF-16 code units. */
const longestText = 16_384;

/**
 * Joins neighbouring deltas of one kind into one with the last one's seq: what a follower that lags, or one
 * that replays, gets instead of every token by itself. Nothing is dropped and the order stays.
 */
export function mergeDeltas(entries: readonly RunEvent[]): RunEvent[] {
  const merged: RunEvent[] = [];
  for (const entry of entries) {
    const joined = join(merged.at(-1), entry);
    if (joined) merged[merged.length - 1] = joined;
    else merged.push(entry);
  }
  return merged;
}

function join(last: RunEvent | undefined, next: RunEvent): RunEvent | undefined {
  if (last === undefined || !('text' in last) || !('text' in next) || last.type !== next.type)
    return undefined;
  if (last.type === 'ToolOutputDelta' && next.type === 'ToolOutputDelta' && last.callId !== next.callId) {
    return undefined;
  }
  if (last.text.length + next.text.length > longestText) return undefined;
  return { ...next, text: last.text + next.text };
}
