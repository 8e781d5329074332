/** The tokenizer gets pieces of this length, because its time is quadratic in the length of a text without spaces. */
const pieceLength = 2_000;
/** Texts up to this length are counted whole, in UTF-16 code units. Longer ones would block the event loop. */
const countedWhole = 20_000;
/** A longer text is judged by so many pieces, which lie evenly over it. */
const samples = 40;
const sampleLength = 500;

/**
 * Estimates the tokens of a text with OpenAI's `o200k_base`, whichever provider answers. A provider's own report takes
 * precedence over the estimate. A long text is sampled, because the tokens of a character differ by a factor of six
 * between English and Chinese.
 */
export async function countTokens(text: string): Promise<number> {
  if (text === '') return 0;
  const { countTokens: count } = await loadTokenizer();
  const countPiece = (start: number, length: number) => count(text.slice(start, start + length), noneSpecial);
  if (text.length <= countedWhole) {
    let tokens = 0;
    for (let start = 0; start < text.length; start += pieceLength) tokens += countPiece(start, pieceLength);
    return tokens;
  }
  const every = text.length / samples;
  let sampled = 0;
  for (let sample = 0; sample < samples; sample += 1) {
    // At another place of each part, so that the samples do not fall into step with a text that repeats itself.
    const place = ((sample * goldenRatio) % 1) * (every - sampleLength);
    sampled += countPiece(Math.floor(sample * every + place), sampleLength);
  }
  return Math.ceil(sampled * (every / sampleLength));
}

const noneSpecial = { disallowedSpecial: new Set<string>() };

let tokenizer: ReturnType<typeof importTokenizer> | undefined;

/** Imports it at first use, because the rank table would slow down the start of the gateway. */
function loadTokenizer() {
  tokenizer ??= importTokenizer();
  return tokenizer;
}

async function importTokenizer() {
  return import('gpt-tokenizer/encoding/o200k_base');
}

/** Its multiples lie evenly between two whole numbers. */
const goldenRatio = (1 + Math.sqrt(5)) / 2;
