import {
  type ExecutionArgs,
  type ExecutionResult,
  type FieldNode,
  getNamedType,
  getOperationAST,
  getVariableValues,
  isAbstractType,
  isObjectType,
} from 'graphql';
import { isDelta } from '../../../chat/log/run-event.ts';
import type { ResultBudget } from '../../../limits/result-budget.ts';
import { type Delta, type DeltaField, deltaFieldOf } from '../../../schema/delta-fields.ts';
import { type CollectOptions, collectFields, fragmentsOf } from './collect-fields.ts';

/** The result for a delta, in two forms. Undefined if graphql-js must execute the selection. */
export interface DeltaResults {
  of(event: unknown): ExecutionResult | undefined;
  /** As JSON, without the objects that `JSON.stringify` would have to look into. */
  jsonOf(event: unknown): string | undefined;
}

/** A field that is selected on a delta. */
interface SelectedField {
  /** Its name in the result. */
  key: string;
  /** What stands before its value in the JSON. A name of GraphQL needs no escapes. */
  start: string;
  read: (delta: Delta) => unknown;
  toJson: DeltaField['toJson'];
  /** Undefined for a field that does not count towards the budget. */
  bytesOf?: DeltaField['bytesOf'];
}

/**
 * Compiles the selection of a subscription for deltas. A run has thousands of them, and graphql-js reads the document anew
 * for each of them. The results are those of graphql-js (test/http/graphql/compiled/delta-results-property.test.ts). Where that is
 * not certain, the delta is left to graphql-js: a field without a reader, a value that its type does not allow, a result
 * that exceeds the budget.
 *
 * @param args Those of a subscription that has started, so its document and its variables are valid.
 */
export function compileDeltaResults(args: ExecutionArgs, budget: ResultBudget | undefined): DeltaResults {
  const options = collectOptionsOf(args);
  const root = options && findRoot(args, options);
  if (!root) return { of: () => undefined, jsonOf: () => undefined };
  const selections = new Map<string, SelectedField[] | undefined>();
  const selectedOn = (event: unknown) => {
    if (!isDelta(event)) return undefined;
    const { type } = event as Delta;
    if (!selections.has(type)) selections.set(type, selectOn(type, root.nodes, options));
    return selections.get(type);
  };
  const start = `{"data":{"${root.key}":{`;
  return {
    of(event) {
      const fields = selectedOn(event);
      const values = fields && readValues(fields, event as Delta, budget);
      if (!values) return undefined;
      const data: Record<string, unknown> = {};
      for (const [at, { key }] of fields.entries()) data[key] = values[at];
      return { data: { [root.key]: data } };
    },
    jsonOf(event) {
      const fields = selectedOn(event);
      const values = fields && readValues(fields, event as Delta, budget);
      if (!values) return undefined;
      let json = start;
      for (const [at, { start: before, toJson }] of fields.entries()) json += before + toJson(values[at]);
      return `${json}}}}`;
    },
  };
}

function collectOptionsOf({ schema, document, operationName, variableValues }: ExecutionArgs) {
  const operation = getOperationAST(document, operationName);
  if (!operation) return undefined;
  const definitions = operation.variableDefinitions ?? [];
  const { coerced } = getVariableValues(schema, definitions, variableValues ?? {});
  return coerced && { schema, fragments: fragmentsOf(document), variables: coerced, operation };
}

interface Root {
  key: string;
  /** More than one if the document lists the field several times. */
  nodes: readonly FieldNode[];
}

/** The one field of the subscription; undefined if it is not one of run events. */
function findRoot(
  { schema }: ExecutionArgs,
  options: NonNullable<ReturnType<typeof collectOptionsOf>>,
): Root | undefined {
  const type = schema.getSubscriptionType();
  if (!type) return undefined;
  const [found, another] = collectFields(options, type, [options.operation.selectionSet]);
  if (!found || another) return undefined;
  const [key, nodes] = found;
  const field = type.getFields()[nodes[0]?.name.value ?? ''];
  return field && getNamedType(field.type).name === 'RunEvent' && isKey(key) ? { key, nodes } : undefined;
}

/** Undefined if only graphql-js can execute the selection on this type. */
function selectOn(
  typename: string,
  nodes: readonly FieldNode[],
  options: CollectOptions,
): SelectedField[] | undefined {
  const type = options.schema.getType(typename);
  const event = options.schema.getType('RunEvent');
  if (!isObjectType(type) || !isAbstractType(event) || !options.schema.isSubType(event, type))
    return undefined;
  const fields: SelectedField[] = [];
  const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
  for (const [key, [node]] of collectFields(options, type, sets)) {
    const name = node?.name.value ?? '';
    const field = name === '__typename' ? constantField(typename) : deltaFieldOf(type, name);
    if (!field || !isKey(key)) return undefined;
    const { createReader, ...rest } = field;
    const start = `${fields.length === 0 ? '' : ','}"${key}":`;
    fields.push({ key, start, read: createReader(), ...rest });
  }
  return fields;
}

/** A field that is the same on every delta. It does not count towards the budget. */
function constantField(value: string): Omit<DeltaField, 'bytesOf'> & Partial<Pick<DeltaField, 'bytesOf'>> {
  const json = JSON.stringify(value);
  return { createReader: () => () => value, toJson: () => json };
}

/** As a key of an object in JavaScript, `__proto__` would be no field. */
function isKey(key: string): boolean {
  return key !== '__proto__';
}

/** Undefined if a value is not one that its type allows, or if the result exceeds the budget. */
function readValues(
  fields: readonly SelectedField[],
  delta: Delta,
  budget: ResultBudget | undefined,
): unknown[] | undefined {
  const values: unknown[] = [];
  let [counted, bytes] = [0, 0];
  for (const { key, read, bytesOf } of fields) {
    const value = read(delta);
    if (value === undefined) return undefined;
    values.push(value);
    if (!bytesOf) continue;
    counted += 1;
    bytes += key.length + bytesOf(value);
  }
  return !budget || budget.allows(counted, bytes) ? values : undefined;
}
