import { createContext, Script } from 'node:vm';

/** Runs synchronous work. @throws TimeLimitError if the work takes longer than the limit. */
export type TimeLimit = <T>(work: () => T) => T;

/** Work took longer than its time limit. */
export class TimeLimitError extends Error {
  override readonly name = 'TimeLimitError';
}

/**
 * Limits the time of synchronous work. Matching a regular expression can take forever and blocks the whole process
 * meanwhile, so no timer could end it. `node:vm` can: V8 checks for its timeout while it matches.
 * An engine without catastrophic patterns (`re2`) would be a native dependency with a different syntax.
 */
export function createTimeLimit(limitMs: number): TimeLimit {
  const script = new Script('work()');
  const sandbox: { work?: () => unknown } = {};
  const context = createContext(sandbox);
  return <T>(work: () => T): T => {
    sandbox.work = work;
    try {
      return script.runInContext(context, { timeout: limitMs }) as T;
    } catch (error) {
      if (!isTimeout(error)) throw error;
      throw new TimeLimitError(`It took longer than ${limitMs} ms.`, { cause: error });
    }
  };
}

/** The error is one of the other realm, so it is no `Error` of this one. */
function isTimeout(error: unknown): boolean {
  return Object(error).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
}
