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
  /** Writes a value of the reader as `JSON.stringify` does. It is told what the value is, and so takes less time. */
  toJson(value: unknown): string;
  /** The bytes that the value counts towards the budget of its result, without its key. */
  bytesOf(value: unknown): number;
}

const deltaTypes = ['TextDelta', 'ReasoningDelta', 'ToolOutputDelta'] as const;

const readers: Record<string, Pick<DeltaField, 'createReader' | 'toJson'>> = {
  seq: { createReader: () => (delta) => (isInt(delta.seq) ? delta.seq : undefined), toJson: String },
  runId: {
    createReader() {
      let [known, id] = [0, ''];
      return ({ runId }) => {
        // A subscription follows one run.
        if (runId !== known) [known, id] = [runId, encodeId('Run', runId)];
        return id;
      };
    },
    // Base64 has no characters that JSON escapes.
    toJson: (id) => `"${id}"`,
  },
  at: {
    createReader: () => (delta) => (Number.isSafeInteger(delta.at) ? new Date(delta.at) : undefined),
    toJson: dateToJson,
  },
  text: {
    createReader: () => (delta) => (typeof delta.text === 'string' ? delta.text : undefined),
    toJson: JSON.stringify,
  },
  callId: {
    createReader: () => (delta) =>
      'callId' in delta && typeof delta.callId === 'string' ? delta.callId : undefined,
    toJson: JSON.stringify,
  },
};

let newestDate = { at: 0, json: JSON.stringify(new Date(0)) };

/** A busy gateway has many run events in one millisecond, and a date takes longer to write than all other fields together. */
function dateToJson(value: unknown): string {
  const at = (value as Date).getTime();
  if (at !== newestDate.at) newestDate = { at, json: JSON.stringify(value) };
  return newestDate.json;
}

const extension = 'switchyardDelta';

/** Marks the fields of deltas that have a reader. A field without one, such as a new field, is left to graphql-js. */
export function markDeltaFields(schema: GraphQLSchema): void {
  for (const name of deltaTypes) {
    const type = schema.getType(name) as GraphQLObjectType;
    for (const field of Object.values(type.getFields())) {
      const reader = readers[field.name];
      if (!reader) continue;
      const marked: DeltaField = { ...reader, bytesOf: sizeOfField(field) };
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
