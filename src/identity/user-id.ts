import { z } from 'zod';

/** Whom things belong to: what a session's `userId` can be. */
export const userIdText = z
  .string()
  .regex(/^[^\p{Surrogate}\0]*$/u, 'expected well-formed Unicode without NUL')
  .refine((text) => text.trim() === text && text !== '', 'expected some text without spaces around it')
  .max(200, 'expected at most 200 characters');
