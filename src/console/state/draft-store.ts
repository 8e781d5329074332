const prefix = 'switchyard.draft.';

/** What was typed and not sent, kept while the tab is open, so that a reload loses none of it. */
export const draftStore = {
  /** @param place The id of a session; `new` for one that is still to come. */
  read: (place: string) => sessionStorage.getItem(prefix + place) ?? '',
  write(place: string, text: string) {
    if (text === '') sessionStorage.removeItem(prefix + place);
    else sessionStorage.setItem(prefix + place, text);
  },
  clear() {
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith(prefix)) sessionStorage.removeItem(key);
    }
  },
};
