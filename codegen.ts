import { readFileSync } from 'node:fs';
import type { CodegenConfig } from '@graphql-codegen/cli';
import { type FieldDefinitionNode, Kind, parse, print, visit } from 'graphql';

const types = {
  enumsAsTypes: true,
  strictScalars: true,
  scalars: { Date: 'string', DateTime: 'string', JSON: 'unknown', Upload: 'graphql-upload-ts#Upload' },
  defaultScalarType: 'unknown',
  useTypeImports: true,
  skipTypename: true,
  // A field of a variable that is undefined counts as absent for graphql-js.
  inputMaybeValue: 'T | null | undefined',
};

/** Documents as text instead of syntax trees, so that a web page does not have to load graphql-js to print them. */
const texts: CodegenConfig['generates'][string] = {
  preset: 'client',
  presetConfig: { fragmentMasking: false },
  config: {
    ...types,
    // The client sends a form where a variable is a file.
    scalars: { ...types.scalars, Upload: 'Blob' },
    documentMode: 'string',
    // A bundler leaves out the documents that a page does not use.
    pureMagicComment: true,
    onlyOperationTypes: true,
  },
};

/** A field without its null. */
function toNonNull({ type, ...field }: FieldDefinitionNode): FieldDefinitionNode {
  return type.kind === Kind.NON_NULL_TYPE
    ? { ...field, type }
    : { ...field, type: { kind: Kind.NON_NULL_TYPE, type } };
}

/**
 * The schema as this repository's own clients see it. A mutation is null only where it failed. All of these clients throw
 * then, so they never see the null.
 */
const schema = visit(parse(readFileSync('schema.graphql', 'utf8')), {
  ObjectTypeDefinition: (type) =>
    type.name.value === 'Mutation' ? { ...type, fields: type.fields?.map(toNonNull) } : undefined,
});

/** Types for the documents that this repository's own GraphQL clients execute. */
const config: CodegenConfig = {
  schema: print(schema),
  importExtension: '.ts',
  generates: {
    'src/gql/': {
      documents: 'src/{rest,dialect,openai,ai-sdk,ag-ui,agent}/**/*.graphql',
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: types,
    },
    'src/gql/client/': { documents: 'src/client/*.graphql', ...texts },
    'src/gql/react/': { documents: 'src/client/react/*.graphql', ...texts },
    'src/gql/console/': { documents: 'src/console/*.graphql', ...texts },
  },
};

export default config;
