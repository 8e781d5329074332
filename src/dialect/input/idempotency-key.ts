import { badParameter } from '../errors/api-error.ts';
import type { ApiContext } from '../route/route.ts';

/**
 * The key with which a client says that it may send the request again: the run then goes on without it, and a repetition
 * gets the same answer.
 *
 * @throws ApiError 400 for a key that is too long.
 */
export function readIdempotencyKey(c: ApiContext): string | null {
  const key = c.req.header('idempotency-key')?.trim();
  if (!key) return null;
  if (key.length <= 200) return key;
  throw badParameter('Idempotency-Key', 'expected at most 200 characters.');
}
