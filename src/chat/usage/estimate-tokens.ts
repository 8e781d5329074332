/** Longest piece handed to the tokenizer at once: byte-pair merging is quadratic in runs without a space. */
const pieceLength = 2_000;
/** From this length on, four characters count as a token: exact enough, and no event loop waits for it. */
const exactUpTo = 20_000;

/**
 * Tokens of a text by OpenAI's `o200k_base`, which stands in for every provider's tokenizer. An estimate:
 * what a provider reports takes precedence.
 */
export async function countTokens(text: string): Promise<number> {
  if (text.length > exactUpTo) return Math.ceil(text.length / 4);
  if (text === '') return 0;
  // Loaded at first use: the rank table alone would take a good part of the start.
  const { countTokens: count } = await import('gpt-tokenizer/encoding/o200k_base');
  let tokens = 0;
  for (let start = 0; start < text.length; start += pieceLength) {
    tokens += count(text.slice(start, start + pieceLength), { disallowedSpecial: new Set() });
  }
  return tokens;
}
