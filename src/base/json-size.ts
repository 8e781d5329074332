/** What JSON may have, whatever its bytes are. */
export interface JsonLimits {
  /** Most objects, lists and fields. Each takes up to 2 µs to parse, and takes more memory than its bytes. */
  nodes: number;
  /** Most values beside the first of their object or list. */
  items: number;
}

/**
 * Counts what JSON has while its bytes arrive, without parsing it. Two megabytes of brackets take half a second to parse,
 * and eight megabytes almost five, in which nothing else runs; as many bytes of text take some milliseconds.
 */
export class JsonSize {
  #nodes = 0;
  #items = 0;
  #inString = false;
  #escaped = false;

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += 1) {
      const code = bytes[at];
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (code === backslash) this.#escaped = true;
        else if (code === quote) this.#inString = false;
      } else if (code === quote) {
        this.#inString = true;
      } else if (code === comma) {
        this.#items += 1;
      } else if (code === colon || code === brace || code === bracket) {
        this.#nodes += 1;
      }
    }
  }

  exceeds({ nodes, items }: JsonLimits): boolean {
    return this.#nodes > nodes || this.#items > items;
  }
}

const quote = 34;
const comma = 44;
const colon = 58;
const bracket = 91;
const backslash = 92;
const brace = 123;
