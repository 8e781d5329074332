import { z } from 'zod';
import { isFiniteJson, isSmall, isWithin } from '../base/json-checks.ts';
import { storableJson } from '../base/storable-text.ts';
import { storedText } from './input-checks.ts';

const mostTags = 20;
/** In UTF-16 code units. */
const longestTag = 50;
/** Of metadata as JSON, in UTF-8. */
const maxBytes = 16_384;
const maxDepth = 8;

/** One tag. White space around it is cut off. */
export const tagText = storedText(longestTag).trim().min(1, 'expected some text');

/** The tags of a session. A tag that is given twice is kept once. */
export const tagList = z
  .array(tagText)
  .max(mostTags, `expected at most ${mostTags} tags`)
  .transform((tags) => [...new Set(tags)]);

/** An object that an application keeps with a session. */
export const metadataObject = z
  .custom<Record<string, unknown>>()
  .refine(isObject, 'expected a JSON object')
  // Check the depth before anything else walks through the value: a very deep one would overflow the stack.
  .refine((value) => isWithin(value, maxDepth), `expected at most ${maxDepth} levels`)
  .refine(
    (value) => isWithin(value, maxDepth) && isSmall(value, maxBytes),
    `expected at most ${maxBytes.toLocaleString('en')} bytes`,
  )
  .refine(
    (value) => !isWithin(value, maxDepth) || isStorable(value),
    'expected well-formed Unicode without NUL',
  )
  .refine((value) => !isWithin(value, maxDepth) || isFiniteJson(value), 'expected numbers below 1.8e308');

export const labelTexts = {
  tags: `Words that the session is found by, at most ${mostTags} of at most ${longestTag} characters each. Upper and lower case differ. A tag that is given twice is kept once.`,
  metadata: `A JSON object that the application keeps with the session and the gateway does not read, of at most ${maxBytes.toLocaleString('en')} bytes and ${maxDepth} levels. Numbers are those of JavaScript: send a longer one as a text.`,
} as const;

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isStorable(value: unknown): boolean {
  return JSON.stringify(storableJson(value)) === JSON.stringify(value);
}
