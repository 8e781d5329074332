import { JsonScan } from '../../base/json-scan.ts';
import { parseLongIntegers, storeLongIntegers } from '../../base/long-integers.ts';
import { storableJson } from '../../base/storable-text.ts';

/** Levels of objects and arrays in the arguments of a call. Code that walks through deeper ones would overflow. */
const deepestArgs = 100;
/** Most objects, lists, fields and values of them. They are parsed again each time that somebody reads the call. */
const mostParts = 20_000;

/** `reason`: a sentence for the model. */
export type ParsedArgs = { ok: true; value: object } | { ok: false; reason: string };

/** Parses the arguments of a tool call. Long integers have the stored mark: see `base/long-integers.ts`. Models sometimes write invalid JSON, or a value that is not an object. */
export function parseArgs(input: string): ParsedArgs {
  if (input.trim() === '') return { ok: true, value: {} };
  const problem = problemOf(input);
  if (problem !== undefined) return { ok: false, reason: problem };
  const written = parse(input);
  // Some servers write the arguments as JSON in JSON.
  const inner = typeof written === 'string' ? problemOf(written) : undefined;
  if (inner !== undefined) return { ok: false, reason: inner };
  const value = typeof written === 'string' ? parse(written) : written;
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? { ok: true, value } : { ok: false, reason: 'The arguments are not a JSON object' };
}

/** Why JSON is not parsed; undefined if it is. */
function problemOf(json: string): string | undefined {
  const scan = new JsonScan();
  scan.add(json);
  if (scan.deepest > deepestArgs) return `The arguments are nested more than ${deepestArgs} levels deep`;
  return scan.nodes + scan.items > mostParts ? `The arguments have more than ${mostParts} values` : undefined;
}

function parse(input: string): unknown {
  try {
    const value = storeLongIntegers(parseLongIntegers(input));
    // Characters that cannot be stored may be written as escapes.
    return input.includes('\\u') ? storableJson(value) : value;
  } catch {
    return undefined;
  }
}
