import { createContext, Script } from 'node:vm';
import { type OutputUnit, Validator } from '@cfworker/json-schema';
import { shorten } from '../../../base/cut-text.ts';
import { readSchema } from './read-schema.ts';

/**
 * How long a check may take, in milliseconds. A schema of a client can have a regular expression, or a reference to itself,
 * that takes forever.
 */
const longestCheckMs = 100;
/** What the library says that is looked at. */
const mostUnits = 200;
/** Complaints that are told. The first ones say most. */
const mostComplaints = 5;
const longestComplaint = 300;

const sandbox: { check?: () => unknown } = createContext({});
/** Node.js ends a script after a time, also within a function of ours or a regular expression. */
const limited = new Script('check()');

/**
 * Checks a value against a schema.
 *
 * @returns What is wrong, as sentences. Undefined if the value matches.
 */
export function complaintsAbout(value: unknown, schema: object): string | undefined {
  const read = readSchema(schema);
  if (!read.ok) return `Its schema cannot be read: ${read.problem}.`;
  try {
    sandbox.check = () => new Validator(read.schema, read.draft, false).validate(value);
    const { valid, errors } = limited.runInContext(sandbox, { timeout: longestCheckMs }) as {
      valid: boolean;
      errors: OutputUnit[];
    };
    return valid ? undefined : sentences(errors.slice(0, mostUnits));
  } catch {
    return 'It could not be checked, because comparing it with its schema takes too long.';
  } finally {
    delete sandbox.check;
  }
}

/** Names what is wrong at the innermost places. The units around them only say that something within is. */
function sentences(errors: readonly OutputUnit[]): string {
  const isAround = ({ keywordLocation }: OutputUnit) =>
    errors.some((other) => other.keywordLocation.startsWith(`${keywordLocation}/`));
  const inner = errors.filter((unit) => !isAround(unit));
  const told = (inner.length > 0 ? inner : errors).map(({ instanceLocation, error }) =>
    shorten(`${placeOf(instanceLocation)}${error}`, longestComplaint),
  );
  return [...new Set(told)].slice(0, mostComplaints).join(' ');
}

/** `#/cities/0` as `cities.0: `. */
function placeOf(location: string): string {
  const names = location
    .split('/')
    .slice(1)
    .map((name) => decodePart(name).replaceAll('~1', '/').replaceAll('~0', '~'));
  return names.length === 0 ? '' : `${names.join('.')}: `;
}

function decodePart(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
