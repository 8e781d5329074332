import { z } from 'zod';

/** Text that can be stored as it came: half a surrogate pair cannot be, nor a NUL on PostgreSQL. */
export const wellFormedText = z
  .string()
  .regex(/^[^\p{Surrogate}\0]*$/u, 'expected well-formed Unicode without NUL');

/** @param most UTF-16 code units. */
export function storedText(most: number) {
  return wellFormedText.max(most, `expected at most ${most.toLocaleString('en')} characters`);
}

/** What somebody or something is called. */
export const nameText = storedText(200).trim().min(1, 'expected some text');
