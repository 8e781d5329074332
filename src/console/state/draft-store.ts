const prefix = 'switchyard.draft.';

/** Prompts that were typed and not sent. The session storage keeps them, so that a reload of the tab does not lose them. */
export const draftStore = {
  /** @param key The id of a session; `new` for a new session. */
  read(key: string): string {
    return sessionStorage.getItem(prefix + key) ?? '';
  },
  write(key: string, text: string): void {
    if (text === '') {
      sessionStorage.removeItem(prefix + key);
      return;
    }
    try {
      sessionStorage.setItem(prefix + key, text);
    } catch {
      // The storage is full or switched off. The page still has the text.
    }
  },
  clear(): void {
    for (const name of Object.keys(sessionStorage)) {
      if (name.startsWith(prefix)) sessionStorage.removeItem(name);
    }
  },
};
