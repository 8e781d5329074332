import { type DocumentNode, type ExecutionArgs, type OperationDefinitionNode, visit } from 'graphql';

/**
 * Tells whether followers may share the results of a value: the value must be an immutable object, and a result must
 * depend only on the value, the selection and its variables, not on the viewer.
 */
export type IsShareable = (value: unknown) => boolean;

/** Names the viewer in the context of an operation; undefined if its results depend on more than the viewer. */
export type ViewerOf = (context: unknown) => string | undefined;

/** Results that followers with the same selection share: the gateway executes it once for each run event. */
export interface SharedResults {
  selectionOf(args: ExecutionArgs, operation: OperationDefinitionNode): SharedSelection;
}

/** The shared results of one selection with its variables. */
interface SharedSelection {
  find(value: unknown): string | undefined;
  /** Keeps the JSON of a result without errors. Does nothing with a value that is not shareable. */
  keep(value: unknown, json: string): void;
  /** The result of a value that is being executed for another follower of the same viewer; undefined if no other follower waits for it. */
  findPending(value: unknown): Promise<string> | undefined;
  /** Shares a result with the followers of the same viewer until it settles. */
  sharePending(value: unknown, json: Promise<string>): void;
}

/**
 * How many results are kept. The followers of a run are woken one after the other, so the next follower needs one of the
 * newest results. A search through so few costs less than a map.
 */
const keptResults = 64;

/** @param viewerOf Default: followers share no pending results. */
export function createSharedResults(
  isShareable: IsShareable,
  viewerOf: ViewerOf = () => undefined,
): SharedResults {
  const values: unknown[] = [];
  /** The results of these values, at the same places. */
  const kept: { selection: string; json: string }[] = [];
  let newest = -1;
  const pending = new Map<unknown, Map<string, Promise<string>>>();
  const documentIds = new WeakMap<DocumentNode, number>();
  let lastDocumentId = 0;

  const idOf = (document: DocumentNode) => {
    const id = documentIds.get(document) ?? ++lastDocumentId;
    documentIds.set(document, id);
    return id;
  };
  return {
    selectionOf({ document, operationName, variableValues, contextValue }, operation) {
      const used = variablesBelowRoot(document, operation).map((name) => [name, variableValues?.[name]]);
      const selection = JSON.stringify([idOf(document), operationName, used]);
      const viewer = viewerOf(contextValue);
      const viewerSelection = `${viewer} ${selection}`;
      return {
        find(value) {
          for (let at = values.indexOf(value); at !== -1; at = values.indexOf(value, at + 1)) {
            const result = kept[at];
            if (result?.selection === selection) return result.json;
          }
          return undefined;
        },
        keep(value, json) {
          if (!isShareable(value)) return;
          newest = (newest + 1) % keptResults;
          values[newest] = value;
          kept[newest] = { selection, json };
        },
        findPending: (value) => pending.get(value)?.get(viewerSelection),
        sharePending(value, json) {
          if (viewer === undefined || typeof value !== 'object') return;
          const ofValue = pending.get(value) ?? new Map<string, Promise<string>>();
          pending.set(value, ofValue.set(viewerSelection, json));
          const forget = () => {
            ofValue.delete(viewerSelection);
            if (ofValue.size === 0) pending.delete(value);
          };
          json.then(forget, forget);
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
