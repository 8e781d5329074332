import { z } from 'zod';

/** Text that every database can store unchanged. UTF-8 has no half surrogate pairs, and PostgreSQL stores no NUL. */
export const wellFormedText = z
  .string()
  .regex(/^[^\p{Surrogate}\0]*$/u, 'expected well-formed Unicode without NUL');

/** One line of such text, without characters that control a terminal. */
export const wellFormedLine = wellFormedText.regex(
  /^[^\p{Cc}\p{Zl}\p{Zp}]*$/u,
  'expected text without control characters and line breaks',
);

/** Text that UTF-8 can hold. It may have NUL. */
export const unicodeText = z.string().regex(/^\P{Surrogate}*$/u, 'expected well-formed Unicode');
