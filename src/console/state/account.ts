import { type ReadonlySignal, signal } from '@preact/signals';
import { GatewayError } from '../../client/errors.ts';
import { ViewerDocument, type ViewerQuery } from '../../gql/console/graphql.ts';
import type { Ask } from '../gateway/ask.ts';
import type { Identity } from '../gateway/identity.ts';
import { createPageBackOff } from '../gateway/page-back-off.ts';

/** Who is asking, and which models there are for them. */
export interface Account {
  /** Undefined until the gateway has said. */
  readonly viewer: ReadonlySignal<ViewerQuery['viewer'] | undefined>;
  readonly models: ReadonlySignal<ViewerQuery['models']>;
  /** Why it cannot be found out right now. */
  readonly problem: ReadonlySignal<string | undefined>;
  /** Asks until there is an answer. Resolves with false where the gateway wants a token. */
  load(): Promise<boolean>;
}

export function createAccount(ask: Ask, identity: Identity): Account {
  const viewer = signal<ViewerQuery['viewer'] | undefined>();
  const models = signal<ViewerQuery['models']>([]);
  const problem = signal<string | undefined>();
  return {
    viewer,
    models,
    problem,
    async load() {
      const backOff = createPageBackOff();
      for (;;) {
        try {
          const found = await ask(ViewerDocument, {});
          viewer.value = found.viewer;
          models.value = found.models;
          problem.value = undefined;
          identity.accepted();
          return true;
        } catch (error) {
          if (!(error instanceof GatewayError)) throw error;
          const isDoor = error.isUnauthenticated || error.code === 'FORBIDDEN';
          problem.value = isDoor ? undefined : error.message;
          if (isDoor) {
            identity.refused(error.message);
            return false;
          }
        }
        await new Promise((resolve) => setTimeout(resolve, backOff.next()));
      }
    },
  };
}
