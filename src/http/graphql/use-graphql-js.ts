import { type ExecutionArgs, execute, subscribe } from 'graphql';
import type { Plugin } from 'graphql-yoga';

/**
 * Executes with graphql-js, as `/graphql/stream` does. Yoga's own executor answers the fields of a result in
 * the order in which they resolve; the specification wants the order in which they were asked for.
 */
export function useGraphQLJs(): Plugin {
  return {
    onExecute: ({ setExecuteFn }) => setExecuteFn((args: ExecutionArgs) => execute(args)),
    onSubscribe: ({ setSubscribeFn }) => setSubscribeFn((args: ExecutionArgs) => subscribe(args)),
  };
}
