import { type ReadonlySignal, signal } from '@preact/signals';
import { draftStore } from './draft-store.ts';

/** Holds the prompt that the user writes, until it is sent. */
export interface Composer {
  readonly text: ReadonlySignal<string>;
  /** Why the prompt cannot be sent. */
  readonly problem: ReadonlySignal<string | undefined>;
  write(text: string): void;
  /** @param isSteering Whether the prompt is to join the answer that is being written. Default: no. */
  submit(isSteering?: boolean): void;
  /** Forgets the problem, because its cause is gone. */
  settle(): void;
}

/**
 * @param key The id of the session; `new` for a new session.
 * @param hasFiles Whether files go with the prompt, which then needs no text.
 * @param send Takes a prompt to be sent. Returns why it cannot; then the composer keeps the prompt.
 */
export function createComposer(
  key: string,
  send: (prompt: string, isSteering: boolean) => string | undefined,
  hasFiles: () => boolean = () => false,
): Composer {
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
    submit(isSteering = false) {
      const prompt = text.value.trim();
      if (prompt === '' && !hasFiles()) return;
      problem.value = send(prompt, isSteering);
      if (problem.value === undefined) write('');
    },
  };
}
