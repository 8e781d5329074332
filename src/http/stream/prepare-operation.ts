import { GraphQLError, type GraphQLFormattedError, getOperationAST, type OperationTypeNode } from 'graphql';
import { refusal } from '../../errors.ts';
import type { RequestParams } from '../request/read-params.ts';
import type { Enveloped } from './graphql-server.ts';
import { type Presentation, performOperation, type Results, singleResult } from './results.ts';

/** An operation that can be started. If its document has errors, they are its only result. */
export interface PreparedOperation {
  readonly kind: OperationTypeNode | 'invalid';
  /** The errors of the document; empty unless `kind` is `invalid`. */
  readonly errors: readonly GraphQLFormattedError[];
  start(): Promise<Results>;
}

/**
 * Parses and validates an operation. `start` builds its context, and yields the errors of the context as a result.
 *
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
    // Yoga and `usePostOnly` refuse an operation over GET with 405 while they parse it.
    if (error instanceof GraphQLError && error.extensions.http?.status === 405) {
      throw refusal('METHOD_NOT_ALLOWED', 'An operation that changes something must be sent with POST.', {
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

/** The parser and the validator are recursive, so a deeply nested document can overflow the stack. */
function tooDeep(error: unknown): GraphQLError | undefined {
  return error instanceof RangeError ? new GraphQLError('The document is nested too deeply.') : undefined;
}
