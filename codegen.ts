import type { CodegenConfig } from '@graphql-codegen/cli';

/** Types for the documents that this repository's own GraphQL clients execute. */
const config: CodegenConfig = {
  schema: 'schema.graphql',
  documents: 'src/{rest,agent}/*.graphql',
  importExtension: '.ts',
  generates: {
    'src/gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        enumsAsTypes: true,
        strictScalars: true,
        scalars: { DateTime: 'string', JSON: 'unknown', Upload: 'graphql-upload-ts#Upload' },
        defaultScalarType: 'unknown',
        useTypeImports: true,
        skipTypename: true,
        // A field of a variable that is undefined counts as absent for graphql-js.
        inputMaybeValue: 'T | null | undefined',
      },
    },
  },
};

export default config;
