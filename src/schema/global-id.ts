import { GatewayError } from '../errors.ts';

/** Every row's id: Prisma's `Int`, 32 bits and positive. */
const pattern = /^([A-Z]\w*):([1-9]\d{0,9})$/;
const maxId = 2 ** 31 - 1;

/**
 * The type and database id in a Relay id (`base64("Session:12")`).
 *
 * @throws GatewayError BAD_USER_INPUT for whatever this API has not given out.
 */
export function decodeId(globalId: string): { typename: string; id: string } {
  const [, typename, id] = pattern.exec(Buffer.from(globalId, 'base64').toString('utf8')) ?? [];
  if (typename === undefined || id === undefined || Number(id) > maxId) {
    const shown = globalId.length > 64 ? `${globalId.slice(0, 64)}…` : globalId;
    throw new GatewayError('BAD_USER_INPUT', `"${shown}" is not an id that this API has given out.`);
  }
  return { typename, id };
}
