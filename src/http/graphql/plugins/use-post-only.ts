import {
  type DocumentNode,
  type GraphQLSchema,
  getOperationAST,
  OperationTypeNode,
  separateOperations,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { Plugin, YogaInitialContext } from 'graphql-yoga';
import { refusal } from '../../../errors.ts';
import { isPostOnly } from '../../../schema/post-only.ts';

/**
 * Refuses a subscription that changes something (`chat`) unless it comes by POST, as Yoga does with mutations. Any web
 * page can make a browser send a GET, and to an address without TLS the browser does not say which page it was.
 */
export function usePostOnly(schema: GraphQLSchema): Plugin {
  return {
    onParse: () => (parsed) => {
      const result = parsed.result as DocumentNode | Error | null;
      const { request, params } = parsed.context as Partial<YogaInitialContext>;
      if (request?.method !== 'GET' || !result || result instanceof Error) return;
      if (!acts(schema, result, params?.operationName)) return;
      throw refusal('METHOD_NOT_ALLOWED', 'An operation that changes something must be sent with POST.', {
        Allow: 'POST',
      });
    },
  };
}

function acts(schema: GraphQLSchema, document: DocumentNode, operationName: string | undefined): boolean {
  const operation = getOperationAST(document, operationName);
  if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) return false;
  const withFragments = separateOperations(document)[operation.name?.value ?? ''];
  if (!withFragments) return false;
  const types = new TypeInfo(schema);
  let found = false;
  const Field = () => {
    const field = types.getFieldDef();
    if (field) found ||= isPostOnly(field);
  };
  visit(withFragments, visitWithTypeInfo(types, { Field }));
  return found;
}
