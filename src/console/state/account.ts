import { type ReadonlySignal, signal } from '@preact/signals';
import { GatewayError } from '../../client/errors.ts';
import { createRetry, repeat } from '../../client/retry.ts';
import { ViewerDocument, type ViewerQuery } from '../../gql/console/graphql.ts';
import type { Ask } from '../gateway/ask.ts';
import type { Identity } from '../gateway/identity.ts';

/** The signed-in user and the models that the user can choose. */
export interface Account {
  /** Undefined until it is loaded. */
  readonly viewer: ReadonlySignal<ViewerQuery['viewer'] | undefined>;
  readonly models: ReadonlySignal<ViewerQuery['models']>;
  /** Why loading fails at the moment. */
  readonly problem: ReadonlySignal<string | undefined>;
  /** Repeats until the gateway responds. Resolves with false when the gateway wants another token. */
  load(): Promise<boolean>;
}

const retry = createRetry({
  attempts: Number.POSITIVE_INFINITY,
  isRetried: (error) => !wantsToken(error),
});

export function createAccount(ask: Ask, identity: Identity): Account {
  const viewer = signal<ViewerQuery['viewer'] | undefined>();
  const models = signal<ViewerQuery['models']>([]);
  const problem = signal<string | undefined>();
  return {
    viewer,
    models,
    problem,
    async load() {
      try {
        const found = await repeat(
          () => ask(ViewerDocument, {}),
          (failure) => {
            problem.value = wantsToken(failure.error) ? undefined : failure.error.message;
            return retry(failure);
          },
        );
        viewer.value = found.viewer;
        models.value = found.models;
        problem.value = undefined;
        identity.accepted();
        return true;
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        identity.refused(error.message);
        return false;
      }
    },
  };
}

function wantsToken(error: GatewayError): boolean {
  return error.isUnauthenticated || error.code === 'FORBIDDEN';
}
