import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
} from 'graphql';
import type { Context } from '../context.ts';

type Field = GraphQLField<unknown, Context>;

/** Bytes of a number, a time or the brackets of an object, with the punctuation around it. */
const smallValue = 8;
/** Shorter texts count as one byte for each UTF-16 code unit. */
const longText = 256;

/** Makes each field of the schema count towards the budget of its result, and fail when the budget is exceeded. */
export function limitResults(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) limitField(field as Field);
  }
}

function limitField(field: Field): void {
  const { resolve = defaultFieldResolver } = field;
  const bytesOf = sizeOfField(field);
  field.resolve = (source, args, context, info) => {
    const { resultBudget } = context;
    const count = <Value>(value: Value): Value => {
      resultBudget.spend(String(info.path.key).length + bytesOf(value));
      return value;
    };
    resultBudget.check();
    const value: unknown = resolve(source, args, context, info);
    return value instanceof Promise ? value.then(count) : count(value);
  };
}

/** Returns the function that counts the bytes of the field's value, without its key. */
export function sizeOfField(field: Pick<Field, 'type'>): (value: unknown) => number {
  const { name } = getNamedType(field.type);
  if (name === 'String' || name === 'ID') return sizeOfTexts;
  if (name === 'JSON') return (value) => sizeOfText(JSON.stringify(value) ?? '');
  return () => smallValue;
}

function sizeOfTexts(value: unknown): number {
  if (typeof value === 'string') return sizeOfText(value);
  if (!Array.isArray(value)) return smallValue;
  return value.reduce((bytes: number, item) => bytes + sizeOfTexts(item), smallValue);
}

function sizeOfText(text: string): number {
  return smallValue + (text.length < longText ? text.length : Buffer.byteLength(text));
}
