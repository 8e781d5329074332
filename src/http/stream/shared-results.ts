import { type DocumentNode, type ExecutionArgs, type OperationDefinitionNode, visit } from 'graphql';

/**
 * Tells whether followers may share the results of a value: the value must be an immutable object, and a result must
 * depend only on the value, the selection and its variables, not on the viewer.
 */
export type IsShareable = (value: unknown) => boolean;

/** Results that followers with the same selection share: the gateway executes it once for each run event. */
export interface SharedResults {
  selectionOf(args: ExecutionArgs, operation: OperationDefinitionNode): SharedSelection;
}

/** The shared results of one selection with its variables. */
interface SharedSelection {
  find(value: unknown): string | undefined;
  /** Keeps the JSON of a result without errors. Does nothing with a value that is not shareable. */
  keep(value: unknown, json: string): void;
}

/**
 * How many results are kept. The followers of a run are woken one after the other, so the next follower needs one of the
 * newest results. A search through so few costs less than a map.
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

/** The arguments of the root field are left out, because they choose the source and do not change a result. */
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
