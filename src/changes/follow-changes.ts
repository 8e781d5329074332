import { type ChangePosition, changeAt } from '../storage/statements/changes.ts';
import type { Reader } from '../storage/statements/statement.ts';
import type { Change } from './change.ts';
import type { ChangeScope } from './change-scope.ts';
import type { ChangeTails } from './change-tails.ts';
import { newestPosition } from './newest-position.ts';

/** Changes that the follower has not seen may have been deleted. It goes on with those behind the position. */
interface Gap {
  kind: 'WatchGap';
  position: ChangePosition;
}

export type FollowedChange = Change | Gap;

export interface FollowOptions {
  reader: Reader;
  tails: ChangeTails;
  scope: ChangeScope;
  /** The last change that the follower knows. Undefined: it wants those from now on. */
  after: ChangePosition | undefined;
  /** How long changes are kept, in milliseconds. */
  keepMs: number;
  signal: AbortSignal;
}

/**
 * Follows the changes of a scope: each once, in the order of their positions, none left out. Resolves when it has begun, so
 * that a change that is made after that is shown. The changes end when the signal aborts.
 */
export async function followChanges(options: FollowOptions): Promise<AsyncGenerator<FollowedChange>> {
  const { reader, after } = options;
  if (after && (await isKept(reader, after))) return follow(options, after, false);
  return follow(options, await newestPosition(reader), after !== undefined);
}

/** Whether all changes behind a position are still there. They are deleted oldest first, so its own is enough. */
async function isKept(reader: Reader, { transactionId, id, at }: ChangePosition): Promise<boolean> {
  return (await reader.get(changeAt, [id, transactionId]))?.at === at;
}

async function* follow(
  { reader, tails, scope, keepMs, signal }: FollowOptions,
  start: ChangePosition,
  beginsWithGap: boolean,
): AsyncGenerator<FollowedChange> {
  const { tail, leave } = tails.enter(scope);
  try {
    let position = start;
    if (beginsWithGap) yield { kind: 'WatchGap', position };
    while (!signal.aborted) {
      const { version } = tail;
      const changes = await tail.read(position);
      const readAt = performance.now();
      for (const change of changes) {
        yield change;
        position = change.position;
      }
      if (changes.length === 0) await tail.changed(version, signal);
      // Only for a client that takes longer for a page than changes are kept.
      else if (performance.now() - readAt > keepMs && !(await isKept(reader, position))) {
        position = await newestPosition(reader);
        yield { kind: 'WatchGap', position };
      }
    }
  } finally {
    leave();
  }
}
