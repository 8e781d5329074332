import { computed, type ReadonlySignal, signal } from '@preact/signals';
import { GatewayError } from '../../client/errors.ts';
import { createRetry, repeat } from '../../client/retry.ts';
import { wordsOf } from '../gateway/words-of.ts';
import { draftStore, newDraft } from './draft-store.ts';

/** Where a prompt is written. It stays there until the gateway has taken it. */
export interface Composer {
  readonly text: ReadonlySignal<string>;
  readonly isSending: ReadonlySignal<boolean>;
  /** Why the last prompt was not taken. */
  readonly problem: ReadonlySignal<string | undefined>;
  write(text: string): void;
  submit(): Promise<void>;
}

/** @param requestId The same for the same prompt, however often it is sent. */
export type Send = (prompt: string, requestId: string) => Promise<void>;

/** Sends a prompt again when it is unknown whether it has arrived. */
const retry = createRetry({ attempts: 4, isRetried: isLost });

/** @param place As for `draftStore`. */
export function createComposer(place: string, send: Send): Composer {
  const draft = signal(draftStore.read(place));
  const isSending = signal(false);
  const problem = signal<string | undefined>();

  const write = (text: string) => {
    const isSame = text.trim() === draft.value.text.trim();
    draft.value = isSame ? { ...draft.value, text } : newDraft(text);
    draftStore.write(place, draft.value);
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
          ? `Perhaps not sent. ${wordsOf(error)} Send it again: it is asked once.`
          : `Not sent. ${wordsOf(error)}`;
      } finally {
        isSending.value = false;
      }
    },
  };
}

/** Whether it is unknown if the prompt has arrived, because no response came. */
function isLost(error: unknown): boolean {
  return error instanceof GatewayError && error.code === 'UNREACHABLE';
}
