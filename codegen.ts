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

/** Documents as text instead of syntax trees, so that a web page does not have to load graphql-js to print them. */
const texts: CodegenConfig['generates'][string] = {
  preset: 'client',
  presetConfig: { fragmentMasking: false },
  config: { ...types, documentMode: 'string', onlyOperationTypes: true },
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
    'src/gql/client/': { documents: 'src/client/*.graphql', ...texts },
    'src/gql/console/': { documents: 'src/console/*.graphql', ...texts },
  },
};

export default config;
