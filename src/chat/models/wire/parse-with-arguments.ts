import { parseLongIntegers, roundLongIntegers } from '../../../base/long-integers.ts';

/** The fields in which servers send the arguments of a tool call as an object, not as a text. */
const argumentFields = new Set(['args', 'arguments', 'input']);

/** Parses JSON. Undefined where the text is no JSON. Only the arguments of tool calls keep long integers. */
export function parseWithArguments(text: string): unknown {
  try {
    const value = parseLongIntegers(text);
    return /\d{16}/.test(text) ? roundOthers(value) : value;
  } catch {
    return undefined;
  }
}

function roundOthers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(roundOthers);
  if (typeof value !== 'object' || value === null) return roundLongIntegers(value);
  const fields = Object.entries(value);
  return Object.fromEntries(
    fields.map(([name, field]) => [name, argumentFields.has(name) ? field : roundOthers(field)]),
  );
}
