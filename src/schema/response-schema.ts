import { z } from 'zod';
import { isSmall, isWithin } from '../base/json-checks.ts';

/** In UTF-8. The schema is sent with every request to the model, and providers refuse larger ones. */
const maxBytes = 32_768;
/** Values within values. Each object within the answer takes two: `properties`, and the property itself. */
const maxDepth = 32;

/** The schema of an answer: a JSON schema of an object, as every provider takes it. */
export const responseSchema = z
  .custom<Record<string, unknown>>()
  .refine(isObjectSchema, 'expected a JSON schema with the type "object"')
  // Check the depth before anything else walks through the value: a very deep one would overflow the stack.
  .refine((schema) => isWithin(schema, maxDepth), `expected at most ${maxDepth} levels`)
  .refine(
    (schema) => isWithin(schema, maxDepth) && isSmall(schema, maxBytes),
    `expected at most ${maxBytes.toLocaleString('en')} bytes`,
  );

function isObjectSchema(schema: unknown): boolean {
  return typeof schema === 'object' && schema !== null && 'type' in schema && schema.type === 'object';
}
