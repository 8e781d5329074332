import { NoSchemaIntrospectionCustomRule } from 'graphql';
import type { Plugin } from 'graphql-yoga';

/** Refuses to tell the schema, be it when asked or, as a suggestion, to who misspells a name. */
export function useIntrospectionOff(): Plugin {
  return {
    onValidate({ addValidationRule }) {
      addValidationRule(NoSchemaIntrospectionCustomRule);
      return ({ result }) => {
        for (const error of result) error.message = error.message.replace(/ Did you mean .*\?$/s, '');
      };
    },
  };
}
