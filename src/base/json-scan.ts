/** What JSON may have, whatever its bytes are. */
export interface JsonLimits {
  /** Most objects, lists and fields. Each takes up to 2 µs to parse, and takes more memory than its bytes. */
  nodes: number;
  /** Most values beside the first of their object or list. */
  items: number;
  /** Most objects and lists within each other. Default: no limit. `JSON.stringify` cannot write some thousands of them. */
  levels?: number;
}

/**
 * Follows JSON that arrives in pieces, without parsing it: whether its value is complete, how deep it nests, and how much it
 * holds. Two megabytes of brackets take half a second to parse, and eight megabytes almost five, in which nothing else runs;
 * as many bytes of text take some milliseconds.
 */
export class JsonScan {
  /** Objects, lists and fields. */
  nodes = 0;
  /** Values beside the first of their object or list. */
  items = 0;
  /** Objects and arrays that are open at most at once. */
  deepest = 0;
  #depth = 0;
  #hasBegun = false;
  #inString = false;
  #escaped = false;

  add(text: string): void {
    for (let at = 0; at < text.length; at += 1) this.#step(text.charCodeAt(at));
  }

  /** As `add`, for UTF-8: what counts here is ASCII. */
  addBytes(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += 1) this.#step(bytes[at] ?? 0);
  }

  /** Whether an object or array has begun and ended. */
  get isComplete(): boolean {
    return this.#hasBegun && this.#depth === 0 && !this.#inString;
  }

  exceeds({ nodes, items, levels = Number.POSITIVE_INFINITY }: JsonLimits): boolean {
    return this.nodes > nodes || this.items > items || this.deepest > levels;
  }

  #step(code: number): void {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (code === backslash) this.#escaped = true;
      else if (code === quote) this.#inString = false;
    } else if (code === quote) {
      this.#inString = true;
    } else if (code === comma) {
      this.items += 1;
    } else if (code === colon) {
      this.nodes += 1;
    } else if (code === brace || code === bracket) {
      this.#hasBegun = true;
      this.nodes += 1;
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
