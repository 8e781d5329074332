import type { z } from 'zod';
import { wellFormedLine } from '../base/well-formed-text.ts';
import { StartupError } from '../config/startup-error.ts';

/** The name that a person gives to a token or a node. */
export const nameText = wellFormedLine.max(200, 'expected at most 200 characters');

/** @throws StartupError that names the argument and what was expected. */
export function checkArgument(argument: string, type: z.ZodType, value: unknown): void {
  const { error } = type.safeParse(value);
  if (error) throw new StartupError(`${argument}: ${error.issues[0]?.message}.`);
}
