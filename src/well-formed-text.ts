import { z } from 'zod';

/** Text that can be stored as it came: half a surrogate pair cannot be, nor a NUL on PostgreSQL. */
export const wellFormedText = z
  .string()
  .regex(/^[^\p{Surrogate}\0]*$/u, 'expected well-formed Unicode without NUL');
