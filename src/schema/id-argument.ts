import { z } from 'zod';
import { decodeId } from '../base/global-id.ts';
import { GatewayError } from '../errors.ts';

/** @throws GatewayError BAD_USER_INPUT for whatever this API has not given out. */
export function parseId(globalId: string): { typename: string; id: string } {
  const decoded = decodeId(globalId);
  if (decoded !== undefined) return decoded;
  const shown = globalId.length > 64 ? `${globalId.slice(0, 64)}…` : globalId;
  throw new GatewayError('BAD_USER_INPUT', `"${shown}" is not an id that this API has given out.`);
}

/** Validates the id of an argument, so that one of another type is refused with the name of the argument. */
export function idOf({ name }: { name: string }) {
  const expected = `expected the id of a ${name}`;
  return z.string().refine((id) => decodeId(id)?.typename === name, expected);
}
