import { wellFormedLine } from '../base/well-formed-text.ts';
import { anonymous } from './viewer.ts';

/** What somebody who is known can be called: whom things belong to, but for those of `anonymous`. */
export const userIdText = wellFormedLine
  .refine((text) => text.trim() === text && text !== '', 'expected some text without spaces around it')
  // They would own all that was made while nobody was asked who they are.
  .refine(
    (text) => text !== anonymous.userId,
    `expected another name: ${anonymous.userId} is whoever is not asked for one`,
  )
  .max(200, 'expected at most 200 characters');
