import { setImmediate as nextTurn } from 'node:timers/promises';
import { openTokenizer } from './tokenizer.ts';

/** Texts up to this length are counted whole, in UTF-16 code units. */
const countedWhole = 20_000;
/** Between two pieces others may get a turn of the event loop: Chinese takes 4 µs a character. */
const pieceLength = 2_000;
/** A longer text is judged by so many pieces, which lie evenly over it. */
const samples = 40;
const sampleLength = 500;
/** In milliseconds. */
const longestTurn = 10;

/**
 * Estimates the tokens of a text with OpenAI's `o200k_base`, whichever provider answers. A provider's own report takes
 * precedence over the estimate. A long text is sampled, because the tokens of a character differ by a factor of six
 * between English and Chinese.
 */
export async function countTokens(text: string): Promise<number> {
  if (text === '') return 0;
  if (text.length <= countedWhole) return countPieces(pieces(text));
  const sampled = await countPieces(samplesOf(text));
  return Math.ceil(sampled * (text.length / (samples * sampleLength)));
}

/** Opened at first use, because its table takes memory. */
let tokenizer: ReturnType<typeof openTokenizer> | undefined;

async function countPieces(texts: Iterable<string>): Promise<number> {
  tokenizer ??= openTokenizer();
  const count = await tokenizer;
  let tokens = 0;
  let began = performance.now();
  for (const text of texts) {
    tokens += count(text);
    if (performance.now() - began < longestTurn) continue;
    await nextTurn();
    began = performance.now();
  }
  return tokens;
}

function* pieces(text: string): Generator<string> {
  for (let start = 0; start < text.length; start += pieceLength) yield text.slice(start, start + pieceLength);
}

function* samplesOf(text: string): Generator<string> {
  const every = text.length / samples;
  for (let sample = 0; sample < samples; sample += 1) {
    // At another place of each part, so that the samples do not fall into step with a text that repeats itself.
    const place = ((sample * goldenRatio) % 1) * (every - sampleLength);
    const start = Math.floor(sample * every + place);
    yield text.slice(start, start + sampleLength);
  }
}

/** Its multiples lie evenly between two whole numbers. */
const goldenRatio = (1 + Math.sqrt(5)) / 2;
