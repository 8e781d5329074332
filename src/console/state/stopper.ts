import { computed, type ReadonlySignal, signal } from '@preact/signals';
import { CancelRunDocument } from '../../gql/console/graphql.ts';
import type { Ask } from '../gateway/ask.ts';
import { wordsOf } from '../gateway/words-of.ts';
import type { MessageList } from './message-list.ts';

/** Stops the answer that is being written. */
export interface Stopper {
  /** Whether there is something to stop. */
  readonly isNeeded: ReadonlySignal<boolean>;
  readonly isStopping: ReadonlySignal<boolean>;
  /** Why the answer could not be stopped. */
  readonly problem: ReadonlySignal<string | undefined>;
  /** Resolves when the answer has stopped, or when that has failed. */
  stop(): Promise<void>;
}

export function createStopper(ask: Ask, { live }: Pick<MessageList, 'live'>): Stopper {
  const isStopping = signal(false);
  const problem = signal<string | undefined>();
  return {
    isNeeded: computed(() => live.value?.runId !== undefined),
    isStopping,
    problem,
    async stop() {
      const runId = live.value?.runId;
      if (runId === undefined || isStopping.value) return;
      isStopping.value = true;
      problem.value = undefined;
      try {
        await ask(CancelRunDocument, { runId });
      } catch (error) {
        problem.value = wordsOf(error);
      } finally {
        isStopping.value = false;
      }
    },
  };
}
