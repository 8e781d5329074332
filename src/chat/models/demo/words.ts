/** The words of a text, each with the whitespace after it: joined they are the text again. */
export function* wordsOf(text: string): Generator<string, void, undefined> {
  for (const [word] of text.matchAll(/^\s+|\S+\s*/g)) yield word;
}

/** `1, 2, 3.` */
export function* countFrom(first: number, last: number): Generator<string, void, undefined> {
  const step = first <= last ? 1 : -1;
  for (let number = first; number !== last; number += step) yield `${number}, `;
  yield `${last}.`;
}

const vocabulary: Record<string, readonly string[]> = {
  N: [
    'signal',
    'train',
    'lantern',
    'river',
    'engine',
    'harbour',
    'whistle',
    'bridge',
    'letter',
    'window',
    'clock',
    'garden',
    'driver',
    'valley',
    'platform',
    'storm',
    'market',
    'station',
    'painter',
    'mountain',
  ],
  S: [
    'Trains',
    'Lanterns',
    'Rivers',
    'Engines',
    'Letters',
    'Clocks',
    'Gardens',
    'Storms',
    'Drivers',
    'Signals',
  ],
  J: [
    'old',
    'quiet',
    'silver',
    'patient',
    'distant',
    'narrow',
    'bright',
    'crooked',
    'gentle',
    'restless',
    'wooden',
    'forgotten',
  ],
  V: [
    'waited',
    'turned',
    'slept',
    'shone',
    'moved',
    'sang',
    'rested',
    'vanished',
    'trembled',
    'returned',
    'lingered',
    'rolled',
  ],
  P: ['behind', 'beside', 'above', 'beyond', 'under', 'near', 'towards', 'past'],
  R: [
    'slowly',
    'softly',
    'suddenly',
    'again',
    'finally',
    'quietly',
    'later',
    'meanwhile',
    'tonight',
    'elsewhere',
  ],
};

/** Sentences by length, so that any number of words can be met exactly. A capital stands for a word of its kind. */
const templates = [
  'R',
  'S V',
  'the N V',
  'the J N V',
  'the J N V R',
  'the N V P the N',
  'the J N V P the N',
  'R, the N V P the J N',
  'the N P the N V R and V',
  'when the N V, the J N V P the N',
  'the J N V R, and P the N the J N V',
].map((template) => template.split(' '));

/** Sentences shorter than this only end a text. */
const SHORT = 5;
const SENTENCES_PER_PARAGRAPH = 6;

/** Exactly so many words of a tale about nothing, made as it is read; the same for the same seed. */
export function* writeWords(words: number, seed: string): Generator<string, void, undefined> {
  const random = createRandom(seed);
  const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)];
  let left = words;
  for (let sentence = 1; left > 0; sentence += 1) {
    const fitting = templates.filter(({ length }) => length <= left && (length >= SHORT || left < SHORT));
    const template = pick(fitting) ?? [];
    left -= template.length;
    const gap = sentence % SENTENCES_PER_PARAGRAPH === 0 ? '\n\n' : ' ';
    for (const [index, slot] of template.entries()) {
      const word = slot.replace(/^[A-Z]/, (kind) => pick(vocabulary[kind] ?? []) ?? kind);
      const shown = index === 0 ? `${word.charAt(0).toUpperCase()}${word.slice(1)}` : word;
      const isLast = index === template.length - 1;
      yield `${shown}${isLast ? '.' : ''}${isLast ? (left > 0 ? gap : '') : ' '}`;
    }
  }
}

/** mulberry32, seeded with the text's FNV-1a hash. */
function createRandom(seed: string): () => number {
  let state = 0x811c9dc5;
  for (const character of seed) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
