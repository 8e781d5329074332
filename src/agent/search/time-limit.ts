import { createContext, Script } from 'node:vm';

/** Does work that blocks, and throws when that takes longer than it may. */
export type TimeLimit = <T>(work: () => T) => T;

/** Work took longer than it may. */
export class TimeLimitError extends Error {
  override readonly name = 'TimeLimitError';
}

/**
 * Bounds work that nothing else can end: the matching of a regular expression can take for ever, and blocks
 * the whole process while it does. The engine lets itself be interrupted for the sake of `node:vm`.
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

// It is an error of the sandbox: to us it is no `Error`.
function isTimeout(error: unknown): boolean {
  const isObject = typeof error === 'object' && error !== null;
  return isObject && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
}
