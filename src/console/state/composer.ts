import { type ReadonlySignal, signal } from '@preact/signals';
import { BackOff } from '../gateway/back-off.ts';
import { GatewayError, wordsOf } from '../gateway/gateway-error.ts';
import { randomId } from '../gateway/random-id.ts';
import { draftStore } from './draft-store.ts';

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
  const text = signal(draftStore.read(place));
  const isSending = signal(false);
  const problem = signal<string | undefined>();
  let requestId = randomId();

  const write = (written: string) => {
    // Another prompt, as far as the gateway is concerned.
    if (written.trim() !== text.value.trim()) requestId = randomId();
    text.value = written;
    draftStore.write(place, written);
  };
  return {
    text,
    isSending,
    problem,
    write,
    async submit() {
      const prompt = text.value.trim();
      if (prompt === '' || isSending.value) return;
      isSending.value = true;
      problem.value = undefined;
      try {
        await sendUntilAnswered(send, prompt, requestId);
        write('');
      } catch (error) {
        problem.value = `Not sent. ${wordsOf(error)}`;
      } finally {
        isSending.value = false;
      }
    },
  };
}

async function sendUntilAnswered(send: Send, prompt: string, requestId: string): Promise<void> {
  const backOff = new BackOff();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send(prompt, requestId);
    } catch (error) {
      const isLost = error instanceof GatewayError && error.code === 'UNREACHABLE';
      if (!isLost || attempt === attempts) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, backOff.next()));
  }
}
