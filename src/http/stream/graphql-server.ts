import type { DocumentNode, ExecutionArgs, GraphQLError, GraphQLSchema } from 'graphql';

/** The part of a Yoga instance that parses, validates and executes operations with its plugins. */
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
