import { randomId } from '../../client/random-id.ts';

export interface Draft {
  readonly text: string;
  /** Stays the same for the same text, so that a prompt that is sent again starts only one run. */
  readonly requestId: string;
}

const prefix = 'switchyard.draft.';

/** Prompts that were typed and not sent. The session storage keeps them, so that a reload of the tab does not lose them. */
export const draftStore = {
  /** @param key The id of a session; `new` for a new session. */
  read(key: string): Draft {
    const kept = sessionStorage.getItem(prefix + key);
    return kept === null ? newDraft('') : (JSON.parse(kept) as Draft);
  },
  write(key: string, draft: Draft): void {
    if (draft.text === '') sessionStorage.removeItem(prefix + key);
    else sessionStorage.setItem(prefix + key, JSON.stringify(draft));
  },
  clear(): void {
    for (const name of Object.keys(sessionStorage)) {
      if (name.startsWith(prefix)) sessionStorage.removeItem(name);
    }
  },
};

export function newDraft(text: string): Draft {
  return { text, requestId: randomId() };
}
