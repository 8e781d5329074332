/** The tokenizer gets pieces of this length, because its time is quadratic in the length of a text without spaces. */
const pieceLength = 2_000;
/** Longer texts are estimated at four characters a token, because the tokenizer would block the event loop. */
const exactUpTo = 20_000;

/**
 * Estimates the tokens of a text with OpenAI's `o200k_base`, whichever provider answers. A provider's own report takes
 * precedence over the estimate.
 */
export async function countTokens(text: string): Promise<number> {
  if (text.length > exactUpTo) return Math.ceil(text.length / 4);
  if (text === '') return 0;
  // Imported at first use, because the rank table would slow down the start of the gateway.
  const { countTokens: count } = await import('gpt-tokenizer/encoding/o200k_base');
  let tokens = 0;
  for (let start = 0; start < text.length; start += pieceLength) {
    tokens += count(text.slice(start, start + pieceLength), { disallowedSpecial: new Set() });
  }
  return tokens;
}
