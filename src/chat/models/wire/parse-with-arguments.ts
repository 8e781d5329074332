import { parseLongIntegers, roundLongIntegers } from '../../../base/long-integers.ts';

/** The fields in which servers send the arguments of a tool call as an object, not as a text. */
const argumentFields = new Set(['args', 'arguments', 'input']);

/** A text in JSON, up to the end of the input if it is not closed, or a number that Python writes and JSON does not have. */
const textOrNoNumber = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"?|-?\b(?:NaN|Infinity)\b/g;

/**
 * Parses JSON. Undefined where the text is no JSON. Only the arguments of tool calls keep long integers. Python's `NaN`
 * and `Infinity` are null.
 */
export function parseWithArguments(text: string): unknown {
  const value = parse(text);
  if (value !== undefined || !/NaN|Infinity/.test(text)) return value;
  return parse(text.replace(textOrNoNumber, (each) => (each.startsWith('"') ? each : 'null')));
}

function parse(text: string): unknown {
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
