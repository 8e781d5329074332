import { type DocumentNode, type ExecutionArgs, type OperationDefinitionNode, visit } from 'graphql';

/**
 * Tells whether a value may be shared: whether every result of executing a selection on it follows from the
 * value, the selection and its variables alone, whoever asks. It must be an immutable object.
 */
export type IsShareable = (value: unknown) => boolean;

/** Results that followers with the same selection share, so that one run event is executed once for all. */
export interface SharedResults {
  selectionOf(args: ExecutionArgs, operation: OperationDefinitionNode): SharedSelection;
}

/** The results of one selection, with its variables, by value. */
interface SharedSelection {
  find(value: unknown): string | undefined;
  /** Keeps the JSON of a result without errors, where the value is shareable. */
  keep(value: unknown, json: string): void;
}

/**
 * Results kept. Followers of one run are woken one after the other, so the result that the next one needs is
 * among the newest; looking through so few costs less than any map.
 */
const keptResults = 64;

export function createSharedResults(isShareable: IsShareable): SharedResults {
  const kept: { value: unknown; selection: string; json: string }[] = [];
  let newest = -1;
  const documentIds = new WeakMap<DocumentNode, number>();
  let lastDocumentId = 0;

  const idOf = (document: DocumentNode) => {
    const id = documentIds.get(document) ?? ++lastDocumentId;
    documentIds.set(document, id);
    return id;
  };
  return {
    selectionOf({ document, operationName, variableValues }, operation) {
      const used = variablesBelowRoot(document, operation).map((name) => [name, variableValues?.[name]]);
      const selection = JSON.stringify([idOf(document), operationName, used]);
      return {
        find: (value) =>
          kept.find((result) => result.value === value && result.selection === selection)?.json,
        keep(value, json) {
          if (!isShareable(value)) return;
          newest = (newest + 1) % keptResults;
          kept[newest] = { value, selection, json };
        },
      };
    },
  };
}

/** Arguments of the root field chose the source; they do not change what becomes of a value. */
function variablesBelowRoot(document: DocumentNode, operation: OperationDefinitionNode): string[] {
  const names = new Set<string>();
  const collect = { Variable: ({ name }: { name: { value: string } }) => void names.add(name.value) };
  for (const selection of operation.selectionSet.selections) {
    visit(selection.kind === 'Field' ? { ...selection, arguments: [] } : selection, collect);
  }
  for (const definition of document.definitions) {
    if (definition.kind === 'FragmentDefinition') visit(definition, collect);
  }
  return [...names].sort();
}
