import { settings } from './settings.ts';

/** A variable whose name looks like a setting, but which the gateway does not know. Its value is not read. */
export interface UnknownSetting {
  name: string;
  /** Where it is set. */
  place: 'the environment' | '.env';
  /** The setting that was probably meant. */
  meant: string | undefined;
}

/** Names that begin so are taken for settings of the gateway, wherever they are set. */
const prefixes = /^(?:AUTH|JWT|MAX|MODEL|RUN|STREAM|SWITCHYARD|TOOL)_/;

/** Variables of the gateway that are no settings: the token of `switchyard agent`. */
const otherNames = new Set(['SWITCHYARD_TOKEN']);

/** What other programs and packages of the providers call a setting of ours. */
const usualNames = new Map([
  ['ANTHROPIC_KEY', 'ANTHROPIC_API_KEY'],
  ['CLAUDE_API_KEY', 'ANTHROPIC_API_KEY'],
  ['GEMINI_API_KEY', 'GOOGLE_GENERATIVE_AI_API_KEY'],
  ['GOOGLE_API_KEY', 'GOOGLE_GENERATIVE_AI_API_KEY'],
  ['OPENAI_API_BASE', 'OPENAI_BASE_URL'],
  ['OPENAI_KEY', 'OPENAI_API_KEY'],
]);

/** So many letters of a long name may be wrong. Of other names, fewer may. */
const mostWrong = 3;
/** A name in the environment that is this close to a setting is named too, although it may belong to another program. */
const mostWrongElsewhere = 1;
/** Shorter names are close to names of the shell. */
const shortest = 6;

/**
 * Finds variables that somebody has set in vain: every unknown name in the file `.env`, and in the environment, which
 * other programs use too, those that look like a setting.
 */
export function findUnknownSettings(
  environment: NodeJS.ProcessEnv,
  file: NodeJS.ProcessEnv,
): UnknownSetting[] {
  const known = new Set([...settings.map(({ name }) => name), ...otherNames]);
  const isKnown = (name: string) => known.has(name) || known.has(name.toUpperCase());
  const isSet = (name: string) => Boolean(environment[name]?.trim() || file[name]?.trim());
  /** Other programs may need the other name, too. */
  const isUsual = (name: string) => usualNames.has(name) && !isSet(usualNames.get(name) ?? '');
  const inFile = Object.keys(file).filter((name) => !isKnown(name));
  const inEnvironment = Object.keys(environment).filter(
    (name) =>
      !isKnown(name) &&
      environment[name]?.trim() &&
      (prefixes.test(name) ||
        isUsual(name) ||
        (name.length >= shortest && nearest(name, mostWrongElsewhere) !== undefined)),
  );
  const at = (place: UnknownSetting['place']) => (name: string) => ({
    ...{ name, place },
    meant: usualNames.get(name) ?? nearest(name, Math.min(mostWrong, Math.floor(name.length / 4))),
  });
  return [...inFile.map(at('.env')), ...inEnvironment.map(at('the environment'))];
}

function nearest(name: string, mostDistance: number): string | undefined {
  const upper = name.toUpperCase();
  const letters = [...upper].length;
  const [first] = settings
    // A name whose length differs by more is at least that far away.
    .filter((setting) => Math.abs(setting.name.length - letters) <= mostDistance)
    .map((setting) => ({ name: setting.name, distance: distanceOf(upper, setting.name, mostDistance) }))
    .filter(({ distance }) => distance <= mostDistance)
    .sort((a, b) => a.distance - b.distance);
  return first?.name;
}

/**
 * How many letters must be changed, added or removed to make one text the other (Levenshtein). Infinity where it is more
 * than `most`, which the first letters show for nearly all names.
 */
function distanceOf(from: string, to: string, most: number): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (const [column, other] of [...to].entries()) {
      const replaced = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    if (Math.min(...next) > most) return Number.POSITIVE_INFINITY;
    row = next;
  }
  return row[to.length] ?? 0;
}
