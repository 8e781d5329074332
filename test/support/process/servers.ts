import { describe } from 'vitest';
import { canConnect } from '../http/can-connect.ts';
import { hasPostgres } from '../suite/postgres.ts';
import { redisUrl } from './redis.ts';

const areThere = (await hasPostgres()) && (await canConnect(redisUrl));

/** A `describe` for tests that need PostgreSQL and Redis. Without them they are skipped; in CI they fail. */
export const describeWithServers = describe.skipIf(!process.env['CI'] && !areThere);
