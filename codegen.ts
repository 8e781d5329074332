import type { CodegenConfig } from '@graphql-codegen/cli';

const types = {
  enumsAsTypes: true,
  strictScalars: true,
  scalars: { DateTime: 'string', JSON: 'unknown', Upload: 'graphql-upload-ts#Upload' },
  defaultScalarType: 'unknown',
  useTypeImports: true,
  skipTypename: true,
  // A field of a variable that is undefined counts as absent for graphql-js.
  inputMaybeValue: 'T | null | undefined',
};

/** Types for the documents that this repository's own GraphQL clients execute. */
const config: CodegenConfig = {
  schema: 'schema.graphql',
  importExtension: '.ts',
  generates: {
    'src/gql/': {
      documents: 'src/{rest,agent}/**/*.graphql',
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: types,
    },
    // As texts, and apart from the others: a page loads what it asks and nothing of graphql-js.
    'src/gql/console/': {
      documents: 'src/console/*.graphql',
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: { ...types, documentMode: 'string', onlyOperationTypes: true },
    },
  },
};

export default config;
