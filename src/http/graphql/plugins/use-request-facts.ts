import type { DocumentNode, ExecutionResult } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { maskError } from '../../request/mask-error.ts';
import type { RequestContext } from '../../request/request-context.ts';
import { factsOf, noteErrors, noteOperation, noteRootFields } from '../../request/request-facts.ts';

/** The parts of Yoga's context that this plugin reads. */
interface FactsContext extends RequestContext {
  request: Request;
  params?: { operationName?: string | null };
}

/**
 * Notes for the access log which operation a request asks for, and the codes of the errors that `/graphql` answers. The
 * stream route notes its errors itself. The documents of REST are executed only, so nothing is noted of them here.
 */
export function useRequestFacts(): Plugin {
  const factsIn = ({ sentRequest, request }: FactsContext) => factsOf(sentRequest ?? request);
  const note = (context: FactsContext, { errors }: ExecutionResult) => {
    if (errors) noteErrors(factsIn(context), errors.map(maskError));
  };
  return {
    onParse: () => (parsed) => {
      const context = parsed.context as FactsContext;
      const document = parsed.result as DocumentNode | Error | null;
      if (!document || document instanceof Error) return;
      noteOperation(factsIn(context), document, context.params?.operationName);
    },
    onValidate: ({ context: given, params: { documentAST } }) => {
      const context = given as unknown as FactsContext;
      return ({ valid }) => {
        if (valid) noteRootFields(factsIn(context), documentAST, context.params?.operationName);
      };
    },
    onSubscribe: ({ args }) => {
      const context = args.contextValue as FactsContext;
      if (!context.incoming) return undefined;
      return {
        onSubscribeResult: () => ({ onNext: ({ result }) => note(context, result as ExecutionResult) }),
      };
    },
    onResultProcess({ request, result, serverContext }) {
      const context = { ...(serverContext as RequestContext), request };
      if (!Array.isArray(result) && 'errors' in result) note(context, result as ExecutionResult);
    },
  };
}
