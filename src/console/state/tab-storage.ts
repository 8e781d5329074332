/** Texts by key that the session storage of a tab keeps over a reload, until the tab is closed. */
export interface TabStorage {
  keys(): readonly string[];
  /** Undefined for a key that has no text. */
  read(key: string): string | undefined;
  /** An empty text removes the key. */
  write(key: string, text: string): void;
  clear(): void;
}

/** @param prefix Begins the names of these texts in the session storage, which all parts of the page share. */
export function createTabStorage(prefix: string): TabStorage {
  const keys = () =>
    Object.keys(sessionStorage)
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length));
  const remove = (key: string) => sessionStorage.removeItem(prefix + key);
  return {
    keys,
    read: (key) => sessionStorage.getItem(prefix + key) ?? undefined,
    write(key, text) {
      if (text === '') return remove(key);
      try {
        sessionStorage.setItem(prefix + key, text);
      } catch {
        // The storage is full or switched off. The page still has the text, but a reload loses it.
      }
    },
    clear: () => keys().forEach(remove),
  };
}
