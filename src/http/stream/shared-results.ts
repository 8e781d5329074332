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
export interface SharedSelection {
  find(value: unknown): string | undefined;
  /** Keeps the JSON of a result without errors, where the value is shareable. */
  keep(value: unknown, json: string): void;
}

/** Selections kept per value. More would be different clients following one run. */
const maxSelections = 8;

/** @param maxValues Values whose results are kept: the newest. Followers that lag further execute again. */
export function createSharedResults(isShareable: IsShareable, maxValues = 1_000): SharedResults {
  const results = new Map<unknown, Map<string, string>>();
  const documentIds = new WeakMap<DocumentNode, number>();
  let lastDocumentId = 0;

  const idOf = (document: DocumentNode) => {
    const id = documentIds.get(document) ?? ++lastDocumentId;
    documentIds.set(document, id);
    return id;
  };
  const keep = (value: unknown, selection: string, json: string) => {
    const kept = results.get(value) ?? new Map<string, string>();
    if (kept.size < maxSelections) kept.set(selection, json);
    if (results.has(value)) return;
    results.set(value, kept);
    if (results.size > maxValues) results.delete(results.keys().next().value);
  };
  return {
    selectionOf({ document, operationName, variableValues }, operation) {
      const used = variablesBelowRoot(document, operation).map((name) => [name, variableValues?.[name]]);
      const selection = JSON.stringify([idOf(document), operationName, used]);
      return {
        find: (value) => results.get(value)?.get(selection),
        keep(value, json) {
          if (isShareable(value)) keep(value, selection, json);
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
