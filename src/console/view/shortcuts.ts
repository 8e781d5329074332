/** A key that does something anywhere on the page. */
export interface Shortcut {
  /** How the help names it, one text for each key that is held down together. */
  readonly keys: readonly string[];
  readonly does: string;
  matches(event: KeyboardEvent): boolean;
  /** Returns false when there is nothing to do; then the browser handles the key. */
  act(): boolean;
}

export interface ShortcutActions {
  /** Returns false when no answer is being written. */
  stop(): boolean;
  startSession(): void;
  search(): void;
  toggleSidebar(): void;
  /** Returns false when there is no answer. */
  copyAnswer(): boolean;
  /** Returns false for a new session. */
  archive(): boolean;
  showHelp(): void;
}

const isApple = /Mac|iPhone|iPad/.test(navigator.platform);
const mod = isApple ? '⌘' : 'Ctrl';

/**
 * All of them are pressed together with Ctrl, Command or Shift, so that they work while the user types, and that a voice
 * that is taken for keys does nothing. The question mark alone works only where it is no text.
 */
export function shortcutsOf(actions: ShortcutActions): readonly Shortcut[] {
  const always = (act: () => void) => () => {
    act();
    return true;
  };
  return [
    {
      keys: ['Esc'],
      does: 'Stop the answer, when nothing else is open',
      matches: (event) => event.key === 'Escape' && !event.shiftKey && !isInOtherField(event),
      act: actions.stop,
    },
    {
      keys: ['Shift', 'Esc'],
      does: 'Go to the prompt',
      matches: (event) => event.key === 'Escape' && event.shiftKey,
      act: focusPrompt,
    },
    {
      keys: [mod, 'Shift', 'O'],
      does: 'Start a new session',
      matches: (event) => hasMod(event) && event.shiftKey && event.key.toLowerCase() === 'o',
      act: always(actions.startSession),
    },
    {
      keys: [mod, 'K'],
      does: 'Search titles and messages',
      matches: (event) => hasMod(event) && !event.shiftKey && event.key.toLowerCase() === 'k',
      act: always(actions.search),
    },
    {
      keys: [mod, 'B'],
      does: 'Show or hide the list of sessions',
      matches: (event) => hasMod(event) && !event.shiftKey && event.key.toLowerCase() === 'b',
      act: always(actions.toggleSidebar),
    },
    {
      keys: [mod, 'Shift', 'Y'],
      does: 'Copy the newest answer',
      matches: (event) => hasMod(event) && event.shiftKey && event.key.toLowerCase() === 'y',
      act: actions.copyAnswer,
    },
    {
      keys: [mod, 'Shift', 'E'],
      does: 'Archive the session, or take it out of the archive',
      matches: (event) => hasMod(event) && event.shiftKey && event.key.toLowerCase() === 'e',
      act: actions.archive,
    },
    {
      keys: ['?'],
      does: 'Show this list, outside of text',
      matches: (event) => event.key === '?' && !event.ctrlKey && !event.metaKey && !isTyping(event),
      act: always(actions.showHelp),
    },
    {
      keys: [mod, '/'],
      does: 'Show this list, anywhere',
      matches: (event) => hasMod(event) && event.key === '/',
      act: always(actions.showHelp),
    },
  ];
}

/** The keys that send a prompt into the answer that is being written. */
export const steerKeys: readonly string[] = [mod, 'Enter'];

/** Keys of the prompt. The prompt itself handles them. */
export const promptKeys: readonly Pick<Shortcut, 'keys' | 'does'>[] = [
  { keys: ['Enter'], does: 'Send the prompt' },
  { keys: steerKeys, does: 'While an answer is written: send the prompt into it' },
  { keys: ['Shift', 'Enter'], does: 'Start a new line' },
  { keys: ['↑'], does: 'In an empty prompt: bring back the last one; again: an older one' },
  { keys: ['↓'], does: 'Go back to the newer one' },
];

/** Keys in a search and its results, and in a menu. They handle them themselves. */
export const listKeys: readonly Pick<Shortcut, 'keys' | 'does'>[] = [
  { keys: ['↓'], does: 'Go to the next result or action; ↑: back' },
  { keys: ['Enter'], does: 'Open a result, at the message that was found' },
  { keys: ['Esc'], does: 'End the search, or close the menu' },
];

export function focusPrompt(): boolean {
  const prompt = document.querySelector<HTMLElement>('.composer textarea');
  prompt?.focus();
  return prompt !== null;
}

function hasMod({ ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  // On many keyboards AltGr counts as Ctrl and Alt together, and writes characters.
  return !altKey && (isApple ? metaKey && !ctrlKey : ctrlKey && !metaKey);
}

/** Whether the key is pressed where it may be text, or may choose an option by its first letter. */
function isTyping({ target }: KeyboardEvent): boolean {
  return target instanceof Element && target.closest('input, textarea, select, [contenteditable]') !== null;
}

/** Whether the key is pressed in a field that is not the prompt: there Escape takes back what was typed. */
function isInOtherField(event: KeyboardEvent): boolean {
  return isTyping(event) && !(event.target as Element).matches('.composer textarea, input[type="checkbox"]');
}
