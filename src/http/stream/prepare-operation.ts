import { GraphQLError, type GraphQLFormattedError, getOperationAST, type OperationTypeNode } from 'graphql';
import { refusal } from '../../errors.ts';
import type { RequestParams } from '../request/read-params.ts';
import type { Enveloped } from './graphql-server.ts';
import { type Presentation, performOperation, type Results, singleResult } from './results.ts';

/** An operation that may be started. One with errors in its document yields these as its only result. */
export interface PreparedOperation {
  readonly kind: OperationTypeNode | 'invalid';
  /** What is wrong with the document; empty unless `kind` is `invalid`. */
  readonly errors: readonly GraphQLFormattedError[];
  start(): Promise<Results>;
}

/**
 * Parses and validates. The context is built, and its errors come, when the operation is started.
 * @throws GatewayError for an operation that must not come over GET.
 */
export function prepareOperation(
  enveloped: Enveloped,
  params: RequestParams,
  presentation: Presentation,
): PreparedOperation {
  const { present } = presentation;
  const { query, operationName, variables } = params;
  try {
    const document = enveloped.parse(query);
    const problems = enveloped.validate(enveloped.schema, document);
    if (problems.length > 0) return invalid('GRAPHQL_VALIDATION_FAILED', problems.map(present));
    const operation = getOperationAST(document, operationName);
    if (!operation)
      return invalid('OPERATION_RESOLUTION_FAILURE', [{ message: 'The operation is unknown.' }]);
    const args = { schema: enveloped.schema, document, operationName, variableValues: variables };
    return {
      kind: operation.operation,
      errors: [],
      start: () => performOperation(enveloped, operation, args, presentation),
    };
  } catch (error) {
    // While it parses, Yoga refuses a mutation over GET, and so does a plugin a subscription that acts.
    if (error instanceof GraphQLError && error.extensions.http?.status === 405) {
      throw refusal('METHOD_NOT_ALLOWED', 'What changes something must be sent with POST.', {
        allow: 'POST',
      });
    }
    return invalid('GRAPHQL_PARSE_FAILED', [present(tooDeep(error) ?? error)]);
  }
}

function invalid(code: string, problems: GraphQLFormattedError[]): PreparedOperation {
  const errors = problems.map((error) => ({ ...error, extensions: { code, ...error.extensions } }));
  return { kind: 'invalid', errors, start: async () => singleResult({ errors }) };
}

/** The parser and the validator are recursive: a document can be too deep for the stack, which is its own fault. */
function tooDeep(error: unknown): GraphQLError | undefined {
  return error instanceof RangeError ? new GraphQLError('The document is nested too deeply.') : undefined;
}
