import { describe } from 'vitest';
import { canConnect } from '../http/can-connect.ts';

/** The Redis server of this machine. Tests use their own keys and leave all other keys alone. */
export const redisUrl = 'redis://127.0.0.1:6379';

const inCI = Boolean(process.env['CI']);
const isThere = await canConnect(redisUrl);

if (!isThere && !inCI) {
  process.stderr.write(`No Redis at ${redisUrl}: the tests that need one are skipped.\n`);
}

/** A `describe` for tests that need Redis. Without Redis they are skipped; in CI they fail. */
export const describeWithRedis = describe.skipIf(!isThere && !inCI);
