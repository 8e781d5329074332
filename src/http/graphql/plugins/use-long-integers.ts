import type { Plugin } from 'graphql-yoga';
import { writeJson } from '../../../base/long-integers.ts';

/** Writes the long integers of a result as numbers. On an event stream, `StreamEncoder` does that. */
export function useLongIntegers(): Plugin {
  return {
    onExecute: () => ({
      onExecuteDone({ result }) {
        if (!(Symbol.asyncIterator in result)) Object.assign(result, { stringify: writeJson });
      },
    }),
  };
}
