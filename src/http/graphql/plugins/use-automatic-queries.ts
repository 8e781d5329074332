import type { Plugin, YogaInitialContext } from 'graphql-yoga';
import type { AutomaticQueries } from '../../request/automatic-queries.ts';
import { hashIn } from '../../request/read-params.ts';

/** Remembers the document of a request that sends its hash too. It must be valid, so that nobody can store other texts. */
export function useAutomaticQueries(remember: AutomaticQueries['remember']): Plugin {
  return {
    onValidate({ context }) {
      const { params } = context as Partial<YogaInitialContext>;
      return ({ valid }) => {
        if (valid && params?.query && hashIn(params.extensions) !== undefined) remember(params.query);
      };
    },
  };
}
