import { computed, type ReadonlySignal, signal } from '@preact/signals';
import { GatewayError } from '../../client/errors.ts';
import { createPageBackOff } from '../gateway/page-back-off.ts';
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

/** How often a prompt is sent of which nobody knows whether it has arrived. */
const attempts = 4;

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
      const prompt = draft.value.text.trim();
      if (prompt === '' || isSending.value) return;
      isSending.value = true;
      problem.value = undefined;
      try {
        await sendUntilAnswered(send, prompt, draft.value.requestId);
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

async function sendUntilAnswered(send: Send, prompt: string, requestId: string): Promise<void> {
  const backOff = createPageBackOff();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send(prompt, requestId);
    } catch (error) {
      if (!isLost(error) || attempt === attempts) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, backOff.next()));
  }
}

/** Nobody knows whether it has arrived. */
function isLost(error: unknown): boolean {
  return error instanceof GatewayError && error.code === 'UNREACHABLE';
}
