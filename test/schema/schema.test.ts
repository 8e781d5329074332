import { readFile } from 'node:fs/promises';
import {
  type GraphQLObjectType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { errorMeaning } from '../../src/errors.ts';
import { schema } from '../../src/schema/index.ts';
import { printedPossibleTypes, printedSchema } from '../../src/schema/print.ts';

interface Described {
  description?: string | null | undefined;
}

/** Everything in the schema that needs a description. */
function everything(): [name: string, what: Described][] {
  const types = Object.values(schema.getTypeMap()).filter(
    (type) => !type.name.startsWith('__') && !isSpecifiedScalarType(type),
  );
  return types.flatMap((type): [string, Described][] => [
    [type.name, type],
    ...(isEnumType(type)
      ? type.getValues().map((value): [string, Described] => [`${type.name}.${value.name}`, value])
      : []),
    ...(isInputObjectType(type)
      ? Object.values(type.getFields()).map((field): [string, Described] => [
          `${type.name}.${field.name}`,
          field,
        ])
      : []),
    ...(isObjectType(type) || isInterfaceType(type)
      ? Object.values(type.getFields()).flatMap((field): [string, Described][] => [
          [`${type.name}.${field.name}`, field],
          ...field.args.map((arg): [string, Described] => [`${type.name}.${field.name}(${arg.name})`, arg]),
        ])
      : []),
  ]);
}

function has(type: GraphQLObjectType, names: string): boolean {
  return names.split(',').every((name) => type.getFields()[name]);
}

describe('the schema', () => {
  test('schema.graphql is the schema that the code prints', async () => {
    expect(await readFile('schema.graphql', 'utf8')).toBe(printedSchema);
  });

  test('possibleTypes.json has the types of every interface and union of the code', async () => {
    expect(await readFile('src/client/possibleTypes.json', 'utf8')).toBe(printedPossibleTypes);
  });

  test('every type, field, argument and enum value of the schema has a description', () => {
    const silent = everything().filter(([, { description }]) => !description?.trim());
    expect(silent.map(([name]) => name)).toEqual([]);
  });

  test('every mutation is nullable, so that one that fails does not take the results of the others with it', () => {
    const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});
    expect(mutations.filter(({ type }) => isNonNullType(type)).map(({ name }) => name)).toEqual([]);
  });

  test('the documentation has every error code, in the words of the one table', () => {
    const enumType = schema.getType('ErrorCode');
    const values = isEnumType(enumType) ? enumType.getValues() : [];
    const described = Object.fromEntries(values.map(({ name, description }) => [name, description]));
    expect(described).toEqual(errorMeaning);
  });

  test('only the pages of lists have the names that Relay claims', () => {
    const claimed = Object.values(schema.getTypeMap()).filter(({ name }) => /(Connection|Edge)$/.test(name));
    const pageLike = claimed.filter(
      (type) => isObjectType(type) && ['edges,pageInfo', 'cursor,node'].some((names) => has(type, names)),
    );
    expect(claimed).toEqual(pageLike);
  });
});
