/** Follows JSON that arrives in pieces, without parsing it: whether its value is complete, how deep it nests, and how much it holds. */
export class JsonScan {
  /** Objects, lists, fields and further values in lists, each of which takes time to parse. */
  parts = 0;
  /** Objects and arrays that are open at most at once. */
  deepest = 0;
  #depth = 0;
  #hasBegun = false;
  #inString = false;
  #escaped = false;

  add(text: string): void {
    for (let at = 0; at < text.length; at += 1) this.#step(text.charCodeAt(at));
  }

  /** Whether an object or array has begun and ended. */
  get isComplete(): boolean {
    return this.#hasBegun && this.#depth === 0 && !this.#inString;
  }

  #step(code: number): void {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (code === backslash) this.#escaped = true;
      else if (code === quote) this.#inString = false;
    } else if (code === quote) {
      this.#inString = true;
    } else if (code === colon || code === comma) {
      this.parts += 1;
    } else if (code === brace || code === bracket) {
      this.#hasBegun = true;
      this.parts += 1;
      this.#depth += 1;
      this.deepest = Math.max(this.deepest, this.#depth);
    } else if (code === brace + 2 || code === bracket + 2) {
      this.#depth -= 1;
    }
  }
}

const quote = 34;
const comma = 44;
const colon = 58;
const backslash = 92;
/** `{`, and two further `}`. */
const brace = 123;
/** `[`, and two further `]`. */
const bracket = 91;
