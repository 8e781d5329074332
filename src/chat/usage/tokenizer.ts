import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { O200K_TOKEN_SPLIT_REGEX as wordsOf } from 'gpt-tokenizer/encodingParams/constants';

/** The place of each token in the order of merging, by its bytes: each is a character of the key. */
type Ranks = Pick<ReadonlyMap<string, number>, 'get' | 'has'>;

/** Maps that share the table. One map of 200,000 tokens would be copied in one turn each time that it doubles. */
const mapCount = 64;

/** So many lines of the table are read in one turn of the event loop: about 1 ms. */
const linesPerTurn = 1_000;
/** In bytes. Merging takes quadratic time, so a longer word is cut. This adds less than one token a piece. */
const longestWord = 200;

/**
 * Reads the table of OpenAI's `o200k_base`, a part in each turn of the event loop: importing it from `gpt-tokenizer`
 * holds the loop for 250 ms. It takes 20 MB of memory.
 *
 * @returns What counts the tokens of a text. It takes linear time and knows no special tokens.
 */
export async function openTokenizer(): Promise<(text: string) => number> {
  const ranks = await readRanks();
  return (text) => {
    let tokens = 0;
    for (const [word] of text.matchAll(wordsOf)) {
      const bytes = isAscii.test(word) ? word : Buffer.from(word).toString('latin1');
      tokens += ranks.has(bytes) ? 1 : countMerged(bytes, ranks);
    }
    return tokens;
  };
}

const isAscii = /^[\0-\x7f]*$/;

/** Each line of the file is a token in base64 and its rank. */
async function readRanks(): Promise<Ranks> {
  const path = createRequire(import.meta.url).resolve('gpt-tokenizer/data/o200k_base.tiktoken');
  const table = await readFile(path, 'latin1');
  const maps = Array.from({ length: mapCount }, () => new Map<string, number>());
  const mapOf = (bytes: string) => maps[(bytes.charCodeAt(0) + bytes.length) % mapCount];
  for (let start = 0, lines = 1; start < table.length; lines += 1) {
    const space = table.indexOf(' ', start);
    const end = table.indexOf('\n', space);
    const bytes = atob(table.slice(start, space));
    mapOf(bytes)?.set(bytes, Number(table.slice(space + 1, end)));
    start = end + 1;
    if (lines % linesPerTurn === 0) await nextTurn();
  }
  return { get: (bytes) => mapOf(bytes)?.get(bytes), has: (bytes) => mapOf(bytes)?.has(bytes) ?? false };
}

const none = Number.POSITIVE_INFINITY;

function countMerged(bytes: string, ranks: Ranks): number {
  let tokens = 0;
  for (let start = 0; start < bytes.length; start += longestWord) {
    tokens += mergePairs([...bytes.slice(start, start + longestWord)], ranks).length;
  }
  return tokens;
}

/** Joins the two neighbours that make the token of the lowest rank, until no two make a token. */
function mergePairs(parts: string[], ranks: Ranks): string[] {
  const rankAt = (at: number) => ranks.get(`${parts[at]}${parts[at + 1]}`) ?? none;
  const pairs = parts.slice(1).map((_, at) => rankAt(at));
  for (;;) {
    const at = placeOfLowest(pairs);
    if (at === undefined) return parts;
    parts.splice(at, 2, `${parts[at]}${parts[at + 1]}`);
    pairs.splice(at, 1);
    if (at > 0) pairs[at - 1] = rankAt(at - 1);
    if (at < pairs.length) pairs[at] = rankAt(at);
  }
}

/** Nothing where no two make a token. */
function placeOfLowest(pairs: readonly number[]): number | undefined {
  let lowest = none;
  let at: number | undefined;
  // An index, because an iterator takes six times as long.
  for (let place = 0; place < pairs.length; place += 1) {
    const rank = pairs[place] ?? none;
    if (rank >= lowest) continue;
    lowest = rank;
    at = place;
  }
  return at;
}
