import {
  GraphQLError,
  Kind,
  OperationTypeNode,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
  validate,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';

/**
 * Refuses `@skip` and `@include` on the root field of a subscription, as the draft of the GraphQL specification does.
 * graphql-js fails with an internal error when the condition leaves no root field.
 */
export function useUnconditionalRootField(): Plugin {
  return {
    onValidate({ validateFn, setValidationFn }) {
      // Run this rule first: the rule of graphql-js for root fields throws when the condition is a variable.
      setValidationFn((schema, document, ...rest) => {
        const errors = validate(schema, document, [rule]);
        return errors.length > 0 ? errors : validateFn(schema, document, ...rest);
      });
    },
  };
}

const rule: ValidationRule = (context) => ({
  OperationDefinition({ operation, selectionSet }) {
    if (operation === OperationTypeNode.SUBSCRIPTION) refuseConditions(context, selectionSet, new Set());
    return false;
  },
  FragmentDefinition: () => false,
});

/** @param seen Names of the fragments already checked. Another rule refuses a fragment that contains itself. */
function refuseConditions(
  context: ValidationContext,
  { selections }: SelectionSetNode,
  seen: Set<string>,
): void {
  for (const selection of selections) {
    const condition = selection.directives?.find(({ name }) => /^(skip|include)$/.test(name.value));
    if (condition) {
      const message = `The root field of a subscription must not have @${condition.name.value}.`;
      context.reportError(new GraphQLError(message, { nodes: condition }));
    }
    if (selection.kind === Kind.INLINE_FRAGMENT) refuseConditions(context, selection.selectionSet, seen);
    if (selection.kind !== Kind.FRAGMENT_SPREAD || seen.has(selection.name.value)) continue;
    seen.add(selection.name.value);
    const fragment = context.getFragment(selection.name.value);
    if (fragment) refuseConditions(context, fragment.selectionSet, seen);
  }
}
