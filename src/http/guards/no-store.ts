import type { Arrival } from './guard.ts';

const apiPath = /^\/(graphql|api)(\/|$)/;

/**
 * Keeps responses of the APIs out of every cache, because they hold conversations. Streams and recordings replace the
 * header by their own.
 */
export function forbidCaching({ path, outgoing }: Arrival): undefined {
  if (apiPath.test(path)) outgoing.setHeader('Cache-Control', 'no-store');
}
