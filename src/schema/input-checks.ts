import { z } from 'zod';
import { wellFormedLine, wellFormedText } from '../base/well-formed-text.ts';

/** @param most The most UTF-16 code units. */
export function storedText(most: number) {
  return wellFormedText.max(most, `expected at most ${most.toLocaleString('en')} characters`);
}

/** The name of something: not blank, and without white space around it. */
export const nameText = storedText(200).trim().min(1, 'expected some text');

/**
 * The name of a node: any line of text, such as `user@host`, `host:port` or `Büro 2`. A dot segment in it is refused,
 * because clients resolve dot segments in the address of the node.
 */
export const nodeIdText = wellFormedLine
  .max(255, 'expected at most 255 characters')
  .regex(/\S/, 'expected some text')
  .refine(
    (name) => !name.split(/[/\\]/).some((part) => part === '.' || part === '..'),
    'expected a name without the path segments "." and ".."',
  );

/** The id of a dispatch, or of a process of an agent. */
export const opaqueId = z
  .string()
  .regex(/^[\w-]{1,64}$/, 'expected an id of 1 to 64 letters, digits or dashes');

export const dispatchIds = z.array(opaqueId).max(1_000, 'expected at most 1000');
