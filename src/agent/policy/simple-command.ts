import { ToolError } from '../../sync/file-tools/tool-error.ts';

/**
 * Splits a command into words as a POSIX shell does, so that it can run without a shell. Characters to which a
 * shell gives a meaning, such as `;` and `*`, are refused unless they are quoted.
 *
 * Libraries such as `shell-quote` ignore a quote that is not closed, and they replace `$HOME` by a text, so that the
 * policy could not refuse it.
 *
 * @throws ToolError POLICY that names the character which is refused, or the quote that is not closed.
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02 (quoting)
 */
export function parseSimpleCommand(command: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (const { groups = {} } of command.trim().matchAll(piece)) {
    const { space, single, double, escaped, plain, special } = groups;
    if (special !== undefined) throw refusal(special);
    if (space !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    if (word === undefined && plain !== undefined && /^[~#]/.test(plain)) throw refusal(plain.charAt(0));
    const text = single ?? unquote(double) ?? escaped ?? plain;
    // A backslash before a line break matches without a group: it continues the line and adds nothing.
    if (text !== undefined) word = (word ?? '') + text;
  }
  if (word !== undefined) words.push(word);
  return words;
}

const piece = new RegExp(
  [
    /\\\n|(?<space>[ \t]+)/,
    /'(?<single>[^'\0]*)'/,
    /"(?<double>(?:[^"\\$`\0]|\\[^\0])*)"/,
    /\\(?<escaped>[^\0])/,
    /(?<plain>[^\s'"\\|&;<>()$`*?[\]{}\0]+)/,
    /(?<special>[\s\S])/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'gu',
);

function unquote(quoted: string | undefined): string | undefined {
  return quoted?.replace(/\\([$`"\\\n])/g, (_, character) => (character === '\n' ? '' : character));
}

function refusal(special: string): ToolError {
  if (/['"\\]/.test(special)) {
    return new ToolError(
      'POLICY',
      `In a command, ${special} must be closed, and a text within " must not contain $ or \`.`,
    );
  }
  const shown = /\s|\0/.test(special) ? JSON.stringify(special) : special;
  return new ToolError(
    'POLICY',
    `The policy of this node is strict: it allows one simple command, without ${meaningOf(special)}. The command has an unquoted ${shown}. Quote it to use it as plain text.`,
  );
}

function meaningOf(special: string): string {
  if ('<>'.includes(special)) return 'redirections';
  if ('$`'.includes(special)) return 'variables and substitutions';
  if ('*?[]{}~'.includes(special)) return 'patterns for file names';
  if (special === '#') return 'comments';
  return 'operators and line breaks';
}
