import { computed, type ReadonlySignal, signal } from '@preact/signals';
import { GatewayError } from '../../client/errors.ts';
import { createRetry, repeat } from '../../client/retry.ts';
import { wordsOf } from '../gateway/words-of.ts';
import { draftStore, newDraft } from './draft-store.ts';

/** Holds the prompt that the user writes, until the gateway has accepted it. */
export interface Composer {
  readonly text: ReadonlySignal<string>;
  readonly isSending: ReadonlySignal<boolean>;
  /** Why the last prompt was not sent. */
  readonly problem: ReadonlySignal<string | undefined>;
  write(text: string): void;
  submit(): Promise<void>;
}

/** @param requestId Stays the same when a prompt is sent again, so that the gateway starts one run for it. */
export type Send = (prompt: string, requestId: string) => Promise<void>;

/** Sends a prompt again when no response came. */
const retry = createRetry({ attempts: 4, isRetried: isLost });

/** @param key As for `draftStore`. */
export function createComposer(key: string, send: Send): Composer {
  const draft = signal(draftStore.read(key));
  const isSending = signal(false);
  const problem = signal<string | undefined>();

  const write = (text: string) => {
    const isSame = text.trim() === draft.value.text.trim();
    draft.value = isSame ? { ...draft.value, text } : newDraft(text);
    draftStore.write(key, draft.value);
  };
  return {
    text: computed(() => draft.value.text),
    isSending,
    problem,
    write,
    async submit() {
      const { requestId } = draft.value;
      const prompt = draft.value.text.trim();
      if (prompt === '' || isSending.value) return;
      isSending.value = true;
      problem.value = undefined;
      try {
        await repeat(() => send(prompt, requestId), retry);
        write('');
      } catch (error) {
        problem.value = isLost(error)
          ? `The prompt may not have arrived. ${wordsOf(error)} You can send it again: the gateway answers it only once.`
          : `Not sent. ${wordsOf(error)}`;
      } finally {
        isSending.value = false;
      }
    },
  };
}

/** Whether no response came. The gateway may or may not have the prompt. */
function isLost(error: unknown): boolean {
  return error instanceof GatewayError && error.code === 'UNREACHABLE';
}
