import type { DocumentNode, ExecutionArgs, GraphQLError, GraphQLSchema } from 'graphql';

/** The part of a Yoga instance that executes operations: parsing, validation and context with all its plugins. */
export interface GraphQLServer {
  getEnveloped(context: Record<string, unknown>): Enveloped;
  readonly fetchAPI: { readonly Request: typeof Request };
}

export interface Enveloped {
  readonly schema: GraphQLSchema;
  parse(query: string): DocumentNode;
  validate(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[];
  contextFactory(): unknown;
  execute(args: ExecutionArgs): unknown;
}
