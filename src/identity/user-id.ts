import { wellFormedLine } from '../base/well-formed-text.ts';
import { anonymous } from './viewer.ts';

/** The name of a user who is known by a token. */
export const userIdText = wellFormedLine
  .refine((text) => text.trim() === text && text !== '', 'expected some text without spaces around it')
  // A user with this name would own everything that was created with AUTH=none.
  .refine(
    (text) => text !== anonymous.userId,
    `expected another name: ${anonymous.userId} is the user of all requests with AUTH=none`,
  )
  .max(200, 'expected at most 200 characters');
