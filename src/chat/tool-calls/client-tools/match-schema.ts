import { createHash } from 'node:crypto';
import { createContext, Script } from 'node:vm';
import { type OutputUnit, Validator } from '@cfworker/json-schema';
import { shorten } from '../../../base/cut-text.ts';
import { shareTurn } from '../../../base/share-turn.ts';
import { RefusalMemory } from '../../models/refusals/refusal-memory.ts';
import { readSchema } from './read-schema.ts';

/**
 * How long a check may take, in milliseconds of processor time. A schema of a client can have a regular expression, or a
 * reference to itself, that takes forever. Others take less than one.
 */
const longestCheckMs = 25;
/** How often a check is tried that was given no processor time, because the machine is busy. */
const mostTries = 4;
/** The schemas with which a check of a run has taken too long. A model can ask for hundreds of checks with each. */
const slow = new RefusalMemory<true>();
/** Those of the schemas that were used last: making one takes longer than a check. */
const validators = new Map<string, Validator>();
const mostValidators = 50;
const tooSlow = 'It could not be checked, because comparing it with its schema takes too long.';
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
 * @param runId The run that the value belongs to. A schema that has taken too long is not tried again for it.
 * @returns What is wrong, as sentences. Undefined if the value matches.
 */
export async function complaintsAbout(
  value: unknown,
  schema: object,
  runId: number,
): Promise<string | undefined> {
  const turn = shareTurn();
  if (turn) await turn;
  const key = createHash('sha256').update(JSON.stringify(schema)).digest('base64');
  if (slow.recall(`${runId} ${key}`)) return tooSlow;
  const validator = validatorOf(schema, key);
  if (typeof validator === 'string') return validator;
  const checked = check(() => validator.validate(value));
  if (checked === undefined) {
    slow.remember(`${runId} ${key}`, true);
    return tooSlow;
  }
  return checked.valid ? undefined : sentences(checked.errors.slice(0, mostUnits));
}

/** Or what is wrong with the schema. */
function validatorOf(schema: object, key: string): Validator | string {
  const known = validators.get(key);
  if (known) return known;
  const read = readSchema(schema);
  if (!read.ok) return `Its schema cannot be read: ${read.problem}.`;
  const validator = new Validator(read.schema, read.draft, false);
  validators.set(key, validator);
  const [oldest] = validators.keys();
  if (validators.size > mostValidators && oldest !== undefined) validators.delete(oldest);
  return validator;
}

/** Undefined if it takes too long. */
function check(validate: () => unknown): { valid: boolean; errors: OutputUnit[] } | undefined {
  sandbox.check = validate;
  try {
    for (let tries = 1; ; tries += 1) {
      const before = process.cpuUsage();
      try {
        return limited.runInContext(sandbox, { timeout: longestCheckMs }) as ReturnType<typeof check>;
      } catch {
        const { user, system } = process.cpuUsage(before);
        if (tries === mostTries || (user + system) / 1_000 > longestCheckMs / 2) return undefined;
      }
    }
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
