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
import { isDelta } from '../../chat/log/run-event.ts';
import type { ResultBudget } from '../../limits/result-budget.ts';
import { type Delta, type DeltaField, deltaFieldOf } from '../../schema/delta-fields.ts';
import { type CollectOptions, collectFields, fragmentsOf } from './collect-fields.ts';

/** The result for a delta; undefined if graphql-js must execute the selection. */
export type DeltaResults = (event: unknown) => ExecutionResult | undefined;

/** A field that is selected on a delta. */
interface SelectedField {
  /** Its name in the result. */
  key: string;
  read: (delta: Delta) => unknown;
  /** Undefined for a field that does not count towards the budget. */
  bytesOf?: DeltaField['bytesOf'];
}

/**
 * Compiles the selection of a subscription for deltas, of which a run has thousands: graphql-js reads the document anew
 * for each of them. The results are those of graphql-js (test/http/graphql/delta-results-property.test.ts). Where that is
 * not certain, the delta is left to graphql-js: a field without a reader, a value that its type does not allow, a result
 * that exceeds the budget.
 *
 * @param args Those of a subscription that has started, so its document and its variables are valid.
 */
export function compileDeltaResults(args: ExecutionArgs, budget: ResultBudget | undefined): DeltaResults {
  const options = collectOptionsOf(args);
  const root = options && findRoot(args, options);
  if (!root) return () => undefined;
  const selections = new Map<string, SelectedField[] | undefined>();
  return (event) => {
    if (!isDelta(event)) return undefined;
    const delta = event as Delta;
    if (!selections.has(delta.type)) selections.set(delta.type, selectOn(delta.type, root.nodes, options));
    const fields = selections.get(delta.type);
    const data = fields && readFields(fields, delta, budget);
    return data && { data: { [root.key]: data } };
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
    const field = name === '__typename' ? { createReader: () => () => typename } : deltaFieldOf(type, name);
    if (!field || !isKey(key)) return undefined;
    const { createReader, ...size } = field;
    fields.push({ key, read: createReader(), ...size });
  }
  return fields;
}

/** As a key of an object in JavaScript, `__proto__` would be no field. */
function isKey(key: string): boolean {
  return key !== '__proto__';
}

/** Undefined if a value is not one that its type allows, or if the result exceeds the budget. */
function readFields(
  fields: readonly SelectedField[],
  delta: Delta,
  budget: ResultBudget | undefined,
): Record<string, unknown> | undefined {
  const data: Record<string, unknown> = {};
  let [counted, bytes] = [0, 0];
  for (const { key, read, bytesOf } of fields) {
    const value = read(delta);
    if (value === undefined) return undefined;
    data[key] = value;
    if (!bytesOf) continue;
    counted += 1;
    bytes += key.length + bytesOf(value);
  }
  return !budget || budget.allows(counted, bytes) ? data : undefined;
}
