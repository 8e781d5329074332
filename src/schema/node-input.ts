import { z } from 'zod';

export const nodeIdText = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'expected 1 to 64 letters, digits, dots, dashes or underscores, a letter or digit first',
  );

/** Ids of dispatches and of agent processes. */
export const opaqueId = z
  .string()
  .regex(/^[\w-]{1,64}$/, 'expected an id of 1 to 64 letters, digits or dashes');

export const dispatchIds = z.array(opaqueId).max(1_000, 'expected at most 1000');
