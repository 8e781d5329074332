import type { ObjectRef } from '@pothos/core';
import { z } from 'zod';
import { GatewayError } from '../errors.ts';
import { decodeId } from '../global-id.ts';

/** @throws GatewayError BAD_USER_INPUT for whatever this API has not given out. */
export function parseId(globalId: string): { typename: string; id: string } {
  const decoded = decodeId(globalId);
  if (decoded !== undefined) return decoded;
  const shown = globalId.length > 64 ? `${globalId.slice(0, 64)}…` : globalId;
  throw new GatewayError('BAD_USER_INPUT', `"${shown}" is not an id that this API has given out.`);
}

/** An argument that is the id of this type; of any other it is refused with BAD_USER_INPUT naming the argument. */
export function idOf<Ref extends ObjectRef<never, unknown>>(ref: Ref) {
  const expected = `expected the id of a ${ref.name}`;
  return { for: ref, validate: z.string().refine((id) => decodeId(id)?.typename === ref.name, expected) };
}
