import { wellFormedLine } from '../well-formed-text.ts';

/** Whom things belong to: what a session's `userId` can be. */
export const userIdText = wellFormedLine
  .refine((text) => text.trim() === text && text !== '', 'expected some text without spaces around it')
  .max(200, 'expected at most 200 characters');
