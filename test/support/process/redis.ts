import { connect } from 'node:net';
import { describe } from 'vitest';

/** The Redis server of this machine. Tests use their own keys and leave all other keys alone. */
export const redisUrl = 'redis://127.0.0.1:6379';

const inCI = Boolean(process.env['CI']);
const isThere = await canConnect(redisUrl);

if (!isThere && !inCI) {
  process.stderr.write(`No Redis at ${redisUrl}: the tests that need one are skipped.\n`);
}

/** A `describe` for tests that need Redis. Without Redis they are skipped; in CI they fail. */
export const describeWithRedis = describe.skipIf(!isThere && !inCI);

function canConnect(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    const settle = (isThere: boolean) => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once('connect', () => settle(true)).once('error', () => settle(false));
  });
}
