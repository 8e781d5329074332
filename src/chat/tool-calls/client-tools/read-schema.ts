import { dereference, type Schema, type SchemaDraft } from '@cfworker/json-schema';
import { isSmall, isWithin } from '../../../base/json-checks.ts';

/** In UTF-8. A schema is sent with every request to the model, and providers refuse larger ones. */
const maxBytes = 32_768;
/** Values within values. Each object within a value takes two: `properties`, and the property itself. */
const maxDepth = 32;

/** Reports what is wrong. `at` is where, such as `properties.city.type`. */
type Report = (at: string, expected: string) => void;
type Check = (value: unknown, at: string, report: Report) => void;

const types = ['null', 'boolean', 'object', 'array', 'number', 'string', 'integer'];

const test =
  (expected: string, isFine: (value: unknown) => boolean): Check =>
  (value, at, report) => {
    if (!isFine(value)) report(at, expected);
  };

const text = test('expected a text', isText);
const number = test('expected a number', (value) => typeof value === 'number');
const count = test('expected a whole number from 0', (value) =>
  Number.isInteger(value) && Number(value) >= 0);
const boolean = test('expected true or false', (value) => typeof value === 'boolean');
const texts = test('expected a list of texts', (value) => Array.isArray(value) && value.every(isText));
const values = test('expected a list with at least one value', (value) =>
  Array.isArray(value) && value.length > 0);
const pattern = test('expected a regular expression', isPattern);

const schema: Check = (value, at, report) => {
  if (typeof value === 'boolean') return;
  if (!isObject(value)) return report(at, 'expected a JSON Schema: an object, true or false');
  for (const [keyword, part] of Object.entries(value)) {
    const check = keywords.get(keyword);
    if (check) check(part, at === '' ? keyword : `${at}.${keyword}`, report);
    // The library would take a note for a schema.
    else delete value[keyword];
  }
};

const schemas: Check = (value, at, report) => {
  if (!Array.isArray(value) || value.length === 0)
    return report(at, 'expected a list with at least one schema');
  for (const [index, each] of value.entries()) schema(each, `${at}.${index}`, report);
};

const schemaMap: Check = (value, at, report) => {
  if (!isObject(value)) return report(at, 'expected an object of schemas');
  for (const [name, each] of Object.entries(value)) schema(each, `${at}.${name}`, report);
};

const patternMap: Check = (value, at, report) => {
  schemaMap(value, at, report);
  if (!isObject(value)) return;
  for (const name of Object.keys(value)) pattern(name, `${at}.${name}`, report);
};

/** References that lead somewhere else than into the schema, and the places that they could lead to. */
const refused: Check = (value, at, report) => {
  // A reader may take the name of the whole schema for a note.
  if (at === '$id' && isText(value)) return;
  report(at, 'is not supported: use $ref with #/$defs');
};

/** What each keyword of JSON Schema takes. Others are notes, which nobody checks: `default`, `examples`. */
const keywords = new Map<string, Check>([
  ...each('title description format $schema $comment', text),
  ...each('properties $defs definitions dependentSchemas', schemaMap),
  ...each('additionalProperties propertyNames unevaluatedProperties', schema),
  ...each('not if then else additionalItems unevaluatedItems contains', schema),
  ...each('allOf anyOf oneOf prefixItems', schemas),
  ...each('minProperties maxProperties minItems maxItems minContains maxContains minLength maxLength', count),
  ...each('minimum maximum exclusiveMinimum exclusiveMaximum', number),
  ...each('$id id $anchor $dynamicRef $dynamicAnchor $recursiveRef $recursiveAnchor', refused),
  ['const', () => undefined],
  ['enum', values],
  ['required', texts],
  ['uniqueItems', boolean],
  ['pattern', pattern],
  ['patternProperties', patternMap],
  ['items', (value, at, report) => (Array.isArray(value) ? schemas : schema)(value, at, report)],
  ['$ref', test('expected a reference within the schema, such as #/$defs/city', isLocal)],
  ['multipleOf', test('expected a number above 0', (value) => typeof value === 'number' && value > 0)],
  ['type', test(`expected one of ${types.join(', ')}, or a list of them`, isType)],
  ['dependentRequired', test('expected an object of lists of texts', isTextsByName)],
]);

/** @param names Separated by spaces. */
function each(names: string, check: Check): [string, Check][] {
  return names.split(' ').map((name) => [name, check]);
}

function isType(value: unknown): boolean {
  const named = [value].flat();
  return named.length > 0 && named.every((name) => isText(name) && types.includes(name));
}

function isTextsByName(value: unknown): boolean {
  return isObject(value) && Object.values(value).every((list) => Array.isArray(list) && list.every(isText));
}

/** A schema as the library takes it, without notes; or what is wrong with it. */
export type ReadSchema = { ok: true; schema: Schema; draft: SchemaDraft } | { ok: false; problem: string };

/**
 * Reads a JSON Schema, draft 7 or later, of a size that can be sent to a model.
 *
 * @returns `problem` is the end of a sentence that begins with the name of the value.
 */
export function readSchema(value: unknown): ReadSchema {
  const problem = sizeProblem(value);
  if (problem !== undefined) return { ok: false, problem };
  const own = structuredClone(value) as Schema;
  const hasReference = JSON.stringify(value).includes('"$ref"');
  let fault: string | undefined;
  schema(own, '', (at, expected) => {
    fault ??= `${expected}, at "${at}"`;
  });
  // To look for the places of references takes far longer than all the rest.
  if (hasReference) fault ??= referenceProblem(own);
  if (fault !== undefined) return { ok: false, problem: fault };
  const { $id: _, $schema, ...rest } = own;
  return { ok: true, schema: structuredClone(rest), draft: $schema?.includes('draft-07') ? '7' : '2020-12' };
}

function sizeProblem(value: unknown): string | undefined {
  if (!isObject(value)) return 'expected a JSON Schema, which is an object';
  // Check the depth before anything else walks through the value: a very deep one would overflow the stack.
  if (!isWithin(value, maxDepth)) return `expected at most ${maxDepth} levels`;
  if (!isSmall(value, maxBytes)) return `expected at most ${maxBytes.toLocaleString('en')} bytes`;
  return undefined;
}

/** A reference that leads nowhere. The library marks the schemas that it has seen, so this needs a copy of its own. */
function referenceProblem({ $id: _, ...own }: Schema): string | undefined {
  let lookup: Record<string, unknown>;
  try {
    lookup = dereference(structuredClone(own));
  } catch {
    return 'expected references that can be read';
  }
  for (const seen of Object.values(lookup)) {
    if (!isObject(seen)) continue;
    const { $ref, __absolute_ref__: target } = seen as Schema;
    if ($ref !== undefined && (target === undefined || lookup[target] === undefined)) {
      return `expected a schema where the reference "${$ref}" leads`;
    }
  }
  return undefined;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isLocal(value: unknown): boolean {
  return value === '#' || (isText(value) && value.startsWith('#/'));
}

function isPattern(value: unknown): boolean {
  if (!isText(value)) return false;
  try {
    return new RegExp(value, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}
