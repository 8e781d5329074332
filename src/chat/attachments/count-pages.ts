/** More pages than a model takes. A file that states more has as many for the gateway. */
const mostPages = 10_000;
/** Enough for the longest pattern, so that one that lies across two pieces is found. */
const overlap = 64;

/** A page of a PDF, or the number of pages that a linearized one states at its beginning. */
const pattern = /\/Type\s{0,8}\/Page(?![A-Za-z])|\/Linearized[^>]{0,200}?\/N\s{1,8}(\d{1,6})/g;

/**
 * Counts the pages of a PDF while it arrives. It reads what is not compressed, and decompresses nothing, so it finds no
 * pages in a file whose objects are compressed.
 */
export class PageCount {
  #rest = '';
  #pages = 0;
  #stated: number | undefined;

  push(bytes: Uint8Array): void {
    const text = this.#rest + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    let counted = 0;
    for (const match of text.matchAll(pattern)) {
      const end = match.index + match[0].length;
      // The letter behind it, which may make it `/Pages`, has not come yet.
      if (end === text.length) break;
      if (match[1] === undefined) this.#pages += 1;
      else this.#stated ??= Number(match[1]);
      counted = end;
    }
    this.#rest = text.slice(Math.max(counted, text.length - overlap));
  }

  /** The number of pages; null if the file does not say. */
  end(): number | null {
    const pages = this.#stated ?? this.#pages + (/\/Type\s*\/Page$/.test(this.#rest) ? 1 : 0);
    return pages > 0 ? Math.min(pages, mostPages) : null;
  }
}
