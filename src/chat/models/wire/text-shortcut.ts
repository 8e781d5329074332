/** Text that only continues the text or the reasoning that the package has begun. */
export interface MoreText {
  type: 'text' | 'reasoning';
  text: string;
}

/** Characters of text and of reasoning. */
export type Characters = Record<MoreText['type'], number>;

/** A text, and how many characters of its type the package was given before it. */
type Waiting = MoreText & { behind: number };

/**
 * Carries text from the reader of a response to the caller of the model, past the provider's package. The package takes
 * longer for a word than all the rest of the gateway, and has nothing to add to a text that it has begun. All other values
 * go through the package. A text is handed out when as many characters of its type have come out of the package as went in before it,
 * so that the order stays.
 */
export class TextShortcut {
  /** Called when a text was added. */
  onText: () => void = () => {};
  readonly #waiting: Waiting[] = [];
  readonly #given: Characters = { text: 0, reasoning: 0 };
  readonly #returned: Characters = { text: 0, reasoning: 0 };
  #onTaken: (() => void) | undefined;

  /** Counts what the package was given. */
  give({ text, reasoning }: Characters): void {
    this.#given.text += text;
    this.#given.reasoning += reasoning;
  }

  /** Counts what came out of the package. */
  receive({ type, text }: MoreText): void {
    this.#returned[type] += text.length;
  }

  add({ type, text }: MoreText): void {
    this.#waiting.push({ type, text, behind: this.#given[type] });
    this.onText();
  }

  /**
   * Takes the texts whose turn it is.
   *
   * @param isEnd Whether the package has nothing more to say. Then it is the turn of each text.
   */
  take(isEnd: boolean): MoreText[] {
    const next = isEnd ? -1 : this.#waiting.findIndex(({ type, behind }) => behind > this.#returned[type]);
    const taken = this.#waiting.splice(0, next === -1 ? this.#waiting.length : next);
    if (this.#waiting.length === 0) this.#onTaken?.();
    return taken;
  }

  /**
   * Undefined where no text waits; otherwise resolves when all of it was taken. Wait for it before the response is read on:
   * what arrives meanwhile is then read in one piece, which takes far less time than piece by piece.
   */
  untilTaken(): Promise<void> | undefined {
    if (this.#waiting.length === 0) return undefined;
    return new Promise((resolve) => {
      this.#onTaken = resolve;
    });
  }
}

/** The packages of the providers pass only the signal of a call on. */
const shortcuts = new WeakMap<AbortSignal, TextShortcut>();

/** Opens the shortcut of the call that has this signal. */
export function openShortcut(signal: AbortSignal): TextShortcut {
  const shortcut = new TextShortcut();
  shortcuts.set(signal, shortcut);
  return shortcut;
}

/** The shortcut that the caller of the model has opened. */
export function shortcutOf(signal: AbortSignal): TextShortcut | undefined {
  return shortcuts.get(signal);
}
