import { randomId } from '../../client/random-id.ts';

export interface Draft {
  readonly text: string;
  /** What it is sent with: the same for the same text, so that it is asked once however often it is sent. */
  readonly requestId: string;
}

const prefix = 'switchyard.draft.';

/** What was typed and not sent, kept while the tab is open, so that a reload loses none of it. */
export const draftStore = {
  /** @param place The id of a session; `new` for one that is still to come. */
  read(place: string): Draft {
    const kept = sessionStorage.getItem(prefix + place);
    return kept === null ? newDraft('') : (JSON.parse(kept) as Draft);
  },
  write(place: string, draft: Draft): void {
    if (draft.text === '') sessionStorage.removeItem(prefix + place);
    else sessionStorage.setItem(prefix + place, JSON.stringify(draft));
  },
  clear(): void {
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith(prefix)) sessionStorage.removeItem(key);
    }
  },
};

export function newDraft(text: string): Draft {
  return { text, requestId: randomId() };
}
