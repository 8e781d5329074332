import { createTabStorage } from './tab-storage.ts';

/** Prompts that were typed and not sent, by the id of their session; `new` for a new session. */
export const draftStore = createTabStorage('switchyard.draft.');
