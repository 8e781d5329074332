import { wellFormedLine } from '../base/well-formed-text.ts';

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
