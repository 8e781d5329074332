import type { IncomingMessage } from 'node:http';
import { type DocumentNode, type ExecutionResult, getOperationAST, OperationTypeNode } from 'graphql';
import { writeJson } from '../../base/long-integers.ts';
import type { Context } from '../../context.ts';
import { schema } from '../../schema/index.ts';
import type { Accept } from '../request/accept.ts';
import { hashIn, type ReadOptions, type RequestParams, readBodyParams } from '../request/read-params.ts';
import type { RequestContext } from '../request/request-context.ts';
import { factsOf, noteOperation, noteRootFields } from '../request/request-facts.ts';
import { isMultipart } from '../uploads/read-upload.ts';
import { executeWithinBudget } from './budget/execute-within-budget.ts';
import { createOperationCost } from './budget/operation-cost.ts';
import { createCompiledExecute } from './compiled/execute-compiled.ts';
import type { KnownDocuments } from './known-documents.ts';
import { createOperationContext, type OperationContextOptions } from './operation-context.ts';
import { jsonTypeFor } from './response-types.ts';
import type { GraphQLOptions } from './yoga.ts';

export type KnownQueryOptions = ReadOptions &
  Pick<GraphQLOptions, 'documents' | 'maxPageSize'> &
  OperationContextOptions & { knownDocuments: KnownDocuments };

/** What is known of a request that Yoga must answer. */
type LeftToYoga = Pick<RequestContext, 'sentParams' | 'executed'>;

/**
 * Answers a POST whose document Yoga has found valid before, and whose operation is a query: with the same functions,
 * and without the layers of Yoga, which would take half of the time of a small query. Only a result without errors is
 * answered here. Everything else is left to Yoga, with what has been read and executed so far, so that all refusals and
 * errors are its own.
 */
export type AnswerKnownQuery = (
  request: Request,
  incoming: IncomingMessage,
  accept: Accept,
  httpRequestId: string,
) => Promise<Response | LeftToYoga>;

const nothing: LeftToYoga = {};

export function createKnownQueryAnswer(options: KnownQueryOptions): AnswerKnownQuery {
  const { knownDocuments, documents, maxPageSize } = options;
  const createContext = createOperationContext(options);
  const operationCost = createOperationCost(maxPageSize);
  const run = createCompiledExecute();

  const execute = async (
    request: Request,
    document: DocumentNode,
    { variables, operationName }: RequestParams,
    httpRequestId: string,
  ): Promise<ExecutionResult> => {
    const contextValue: Context = await createContext(request, { httpRequestId });
    return executeWithinBudget(
      { schema, document, contextValue, variableValues: variables, operationName },
      operationCost,
      run,
    );
  };

  return async (request, incoming, accept, httpRequestId) => {
    const type = jsonTypeFor(accept);
    if (type === undefined || incoming.method !== 'POST' || isMultipart(incoming)) return nothing;
    const sentParams = readBodyParams(incoming, options);
    const params = await settled(sentParams);
    if (!params) return { sentParams };
    const document = knownDocuments.find(params.query);
    if (!document || !isQuery(document, params.operationName)) return { sentParams };
    const facts = factsOf(request);
    noteOperation(facts, document, params.operationName);
    noteRootFields(facts, document, params.operationName);
    if (hashIn(params.extensions) !== undefined) documents?.remember?.(params.query);
    const executed = execute(request, document, params, httpRequestId);
    const result = await settled(executed);
    if (!result || result.errors) return { sentParams, executed };
    const headers = { 'content-type': `${type}; charset=utf-8` };
    return new Response(writeJson(result), { headers });
  };
}

/** The value of a promise; undefined if it is rejected. */
async function settled<Value>(promise: Promise<Value>): Promise<Value | undefined> {
  try {
    return await promise;
  } catch {
    return undefined;
  }
}

function isQuery(document: DocumentNode, operationName: string | undefined): boolean {
  return getOperationAST(document, operationName)?.operation === OperationTypeNode.QUERY;
}
