import { z } from 'zod';

/** Text that can be stored as it came: half a surrogate pair cannot be, nor a NUL on PostgreSQL. */
export const wellFormedText = z
  .string()
  .regex(/^[^\p{Surrogate}\0]*$/u, 'expected well-formed Unicode without NUL');

/** The same on one line, with nothing in it that acts on a terminal. */
export const wellFormedLine = wellFormedText.regex(
  /^[^\p{Cc}\p{Zl}\p{Zp}]*$/u,
  'expected text without control characters and line breaks',
);
