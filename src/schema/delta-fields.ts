import type { GraphQLObjectType, GraphQLSchema } from 'graphql';
import { encodeId } from '../base/global-id.ts';
import { sizeOfField } from './limit-result.ts';
import type { RunEventOf } from './run-event.ts';

/** A run event with a piece of a text. A run has thousands of them, so no resolver is called for their fields. */
export type Delta = RunEventOf<(typeof deltaTypes)[number]>;

/** How a field of a delta gets its value and its size, without its resolver. */
export interface DeltaField {
  /**
   * Returns a reader for the run events of one subscription. The reader returns what graphql-js would put into the result,
   * or undefined if graphql-js has to decide.
   */
  createReader(): (delta: Delta) => unknown;
  /** The bytes that the value counts towards the budget of its result, without its key. */
  bytesOf(value: unknown): number;
}

const deltaTypes = ['TextDelta', 'ReasoningDelta', 'ToolOutputDelta'] as const;

const readers: Record<string, DeltaField['createReader']> = {
  seq: () => (delta) => (isInt(delta.seq) ? delta.seq : undefined),
  runId() {
    let [known, id] = [0, ''];
    return ({ runId }) => {
      // A subscription follows one run.
      if (runId !== known) [known, id] = [runId, encodeId('Run', runId)];
      return id;
    };
  },
  at: () => (delta) => (Number.isSafeInteger(delta.at) ? new Date(delta.at) : undefined),
  text: () => (delta) => (typeof delta.text === 'string' ? delta.text : undefined),
  callId: () => (delta) => ('callId' in delta && typeof delta.callId === 'string' ? delta.callId : undefined),
};

const extension = 'switchyardDelta';

/** Marks the fields of deltas that have a reader. A field without one, such as a new field, is left to graphql-js. */
export function markDeltaFields(schema: GraphQLSchema): void {
  for (const name of deltaTypes) {
    const type = schema.getType(name) as GraphQLObjectType;
    for (const field of Object.values(type.getFields())) {
      const createReader = readers[field.name];
      if (!createReader) continue;
      const marked: DeltaField = { createReader, bytesOf: sizeOfField(field) };
      field.extensions = { ...field.extensions, [extension]: marked };
    }
  }
}

/** How a field of a type is read; undefined if only graphql-js can. */
export function deltaFieldOf(type: GraphQLObjectType, name: string): DeltaField | undefined {
  return type.getFields()[name]?.extensions[extension] as DeltaField | undefined;
}

/** Whether a value is a 32-bit integer, which GraphQL's `Int` is. */
function isInt(value: number): boolean {
  return (value | 0) === value;
}
