import {
  type DocumentNode,
  type GraphQLError,
  getOperationAST,
  Kind,
  type OperationTypeNode,
  type SelectionSetNode,
} from 'graphql';
import { cutText } from '../../base/cut-text.ts';

/** What the access log says of a request beyond its path and its status. Holds no value that a client sent, and no key. */
export interface RequestFacts {
  /** The operation of the REST API. */
  operationId?: string;
  operationType?: OperationTypeNode;
  /** The name in the client's document; the first characters of it. */
  operationName?: string;
  /** The fields of the operation's root. Known only if the document fits the schema. */
  rootFields?: string[];
  userId?: string;
  /** The node whose agent sent the request, beside `userId`, to whom the node belongs. */
  nodeId?: string;
  /** The trace of the request, where the gateway makes traces. The log has the name that tools for traces look for. */
  trace_id?: string;
  /** The codes of the errors that the client got, each once. */
  errorCodes?: string[];
  /** Why a stream has ended, if something else than its end and its client ended it. */
  ended?: 'the gateway stops';
}

const known = new WeakMap<Request, RequestFacts>();

/** The facts about a request. The parts of the gateway that learn one add it here. */
export function factsOf(request: Request): RequestFacts {
  const facts = known.get(request) ?? {};
  known.set(request, facts);
  return facts;
}

const longestName = 100;
const mostRootFields = 5;
const mostCodes = 5;

/** Notes which operation of the document is asked for. Notes nothing if that is not clear. */
export function noteOperation(
  facts: RequestFacts,
  document: DocumentNode,
  operationName: string | null | undefined,
): void {
  const operation = getOperationAST(document, operationName);
  if (!operation) return;
  facts.operationType = operation.operation;
  if (operation.name) facts.operationName = cutText(operation.name.value, longestName);
}

/** Notes the root fields of the operation. The document must fit the schema: its names are then no texts of a client. */
export function noteRootFields(
  facts: RequestFacts,
  document: DocumentNode,
  operationName: string | null | undefined,
): void {
  const operation = getOperationAST(document, operationName);
  if (!operation) return;
  const fields = new Set<string>();
  for (const field of rootFieldsOf(operation.selectionSet, document)) {
    fields.add(field);
    if (fields.size >= mostRootFields) break;
  }
  facts.rootFields = [...fields];
}

function* rootFieldsOf({ selections }: SelectionSetNode, document: DocumentNode): Generator<string> {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) yield selection.name.value;
    else if (selection.kind === Kind.INLINE_FRAGMENT) yield* rootFieldsOf(selection.selectionSet, document);
    else {
      const name = selection.name.value;
      const fragment = document.definitions.find(
        (each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === name,
      );
      if (fragment?.kind === Kind.FRAGMENT_DEFINITION) yield* rootFieldsOf(fragment.selectionSet, document);
    }
  }
}

/** Notes the codes of errors that the client gets. */
export function noteErrors(facts: RequestFacts, errors: readonly unknown[] | undefined): void {
  for (const error of errors ?? []) {
    const code = codeOf(error);
    if (code === undefined || facts.errorCodes?.includes(code)) continue;
    facts.errorCodes ??= [];
    if (facts.errorCodes.length < mostCodes) facts.errorCodes.push(code);
  }
}

function codeOf(error: unknown): string | undefined {
  const { extensions } = error as Partial<Pick<GraphQLError, 'extensions'>>;
  const code = extensions?.['code'];
  return typeof code === 'string' ? code : undefined;
}
