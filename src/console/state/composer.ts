import { type ReadonlySignal, signal } from '@preact/signals';
import { draftStore } from './draft-store.ts';

/** Holds the prompt that the user writes, until it is sent. */
export interface Composer {
  readonly text: ReadonlySignal<string>;
  /** Why the prompt cannot be sent. */
  readonly problem: ReadonlySignal<string | undefined>;
  write(text: string): void;
  submit(): void;
  /** Forgets the problem, because its cause is gone. */
  settle(): void;
}

/**
 * @param key The id of the session; `new` for a new session.
 * @param send Takes a prompt to be sent. Returns why it cannot; then the composer keeps the prompt.
 */
export function createComposer(key: string, send: (prompt: string) => string | undefined): Composer {
  const text = signal(draftStore.read(key) ?? '');
  const problem = signal<string | undefined>();
  const write = (written: string) => {
    text.value = written;
    draftStore.write(key, written);
  };
  return {
    text,
    problem,
    write,
    settle() {
      problem.value = undefined;
    },
    submit() {
      const prompt = text.value.trim();
      if (prompt === '') return;
      problem.value = send(prompt);
      if (problem.value === undefined) write('');
    },
  };
}
