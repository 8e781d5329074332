/** Text of a model, divided into reasoning and answer. */
export interface DividedText {
  reasoning: string;
  text: string;
}

const opening = '<think>';
const closing = '</think>';
const beginsWithOpening = /^<think>/i;
const anyClosing = /<\/think>/i;
/** White space that is held back until it is known what follows, in characters. */
const longestHeld = 200;

/**
 * Divides the text of a model that writes its reasoning between `<think>` and `</think>` at the beginning. The tags may
 * be split over pieces. A tag elsewhere, in a sentence or in code, is text. So is the text before a `</think>` without
 * a `<think>`: it was shown as text before the tag came.
 */
export class ThinkTags {
  #state: 'begin' | 'reasoning' | 'after' | 'text' = 'begin';
  /** Characters that may begin a tag. The next piece decides. */
  #held = '';
  #hasReasoning = false;

  read(piece: string): DividedText {
    if (this.#state === 'text') return { reasoning: '', text: piece };
    const text = this.#held + piece;
    this.#held = '';
    switch (this.#state) {
      case 'begin':
        return this.#begin(text);
      case 'reasoning':
        return this.#reason(text);
      case 'after':
        return this.#answer(text);
    }
  }

  /** Returns what is still held back. From now on everything is text. */
  end(): DividedText {
    const held = this.#held;
    const isReasoning = this.#state === 'reasoning';
    this.#state = 'text';
    this.#held = '';
    return { reasoning: isReasoning ? held.trimEnd() : '', text: isReasoning ? '' : held };
  }

  #begin(text: string): DividedText {
    const start = text.trimStart();
    if (beginsWithOpening.test(start)) {
      this.#state = 'reasoning';
      return this.#reason(start.slice(opening.length));
    }
    if (opening.startsWith(start.toLowerCase()) && text.length < longestHeld) {
      this.#held = text;
      return { reasoning: '', text: '' };
    }
    this.#state = 'text';
    return { reasoning: '', text };
  }

  #reason(text: string): DividedText {
    const end = text.search(anyClosing);
    if (end === -1) {
      const known = text.slice(0, knownLength(text));
      this.#held = text.slice(known.length);
      return { reasoning: this.#trimmed(known), text: '' };
    }
    const reasoning = this.#trimmed(text.slice(0, end).trimEnd());
    this.#state = 'after';
    return { reasoning, text: this.#answer(text.slice(end + closing.length)).text };
  }

  /** Without the white space between the tag and the reasoning. */
  #trimmed(reasoning: string): string {
    const trimmed = this.#hasReasoning ? reasoning : reasoning.trimStart();
    this.#hasReasoning ||= trimmed !== '';
    return trimmed;
  }

  /** Without the white space between the tag and the answer. */
  #answer(text: string): DividedText {
    const answer = text.trimStart();
    if (answer !== '') this.#state = 'text';
    return { reasoning: '', text: answer };
  }
}

/** The length of the text without the white space at its end and the beginning of a closing tag. */
function knownLength(text: string): number {
  const tag = text.lastIndexOf('<');
  const isTag = tag !== -1 && closing.startsWith(text.slice(tag).toLowerCase());
  let end = isTag ? tag : text.length;
  const least = Math.max(0, text.length - longestHeld);
  while (end > least && /\s/.test(text[end - 1] ?? '')) end -= 1;
  return end;
}
