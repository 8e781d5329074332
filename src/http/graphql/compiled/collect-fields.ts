import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getDirectiveValues,
  isAbstractType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  typeFromAST,
} from 'graphql';

/** The fields of a selection by their key in the result, in the order in which graphql-js puts them there. */
export type CollectedFields = Map<string, FieldNode[]>;

export interface CollectOptions {
  schema: GraphQLSchema;
  fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** The coerced values of the variables. */
  variables: Record<string, unknown>;
}

/** The fragments of a document by their name. */
export function fragmentsOf({ definitions }: DocumentNode): Map<string, FragmentDefinitionNode> {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  return fragments;
}

/**
 * Collects what the selections ask for on an object of this type: `CollectFields` of the GraphQL specification.
 * graphql-js has this function too, but does not export it.
 */
export function collectFields(
  options: CollectOptions,
  type: GraphQLObjectType,
  selectionSets: readonly SelectionSetNode[],
): CollectedFields {
  const fields: CollectedFields = new Map();
  const spread = new Set<string>();
  for (const { selections } of selectionSets) collect(selections);
  return fields;

  function collect(selections: readonly SelectionNode[]): void {
    for (const selection of selections) {
      if (!isIncluded(selection, options.variables)) continue;
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value;
        const known = fields.get(key);
        if (known) known.push(selection);
        else fields.set(key, [selection]);
        continue;
      }
      const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? spreadOnce(selection.name.value) : selection;
      if (fragment && appliesTo(fragment)) collect(fragment.selectionSet.selections);
    }
  }

  /** Undefined for a fragment that was spread before: it has nothing new. */
  function spreadOnce(name: string): FragmentDefinitionNode | undefined {
    if (spread.has(name)) return undefined;
    spread.add(name);
    return options.fragments.get(name);
  }

  function appliesTo({
    typeCondition,
  }: {
    readonly typeCondition?: FragmentDefinitionNode['typeCondition'];
  }) {
    if (!typeCondition) return true;
    const condition = typeFromAST(options.schema, typeCondition);
    return condition === type || (isAbstractType(condition) && options.schema.isSubType(condition, type));
  }
}

function isIncluded(selection: SelectionNode, variables: Record<string, unknown>): boolean {
  if (!selection.directives?.length) return true;
  if (getDirectiveValues(GraphQLSkipDirective, selection, variables)?.['if'] === true) return false;
  return getDirectiveValues(GraphQLIncludeDirective, selection, variables)?.['if'] !== false;
}
