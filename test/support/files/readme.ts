import { readFileSync } from 'node:fs';

/** What a newcomer reads. */
export const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');

/** Describes every setting. */
export const settingsReadme = readFileSync(new URL('../../../src/config/README.md', import.meta.url), 'utf8');

/** The code blocks in a language, in order. */
export function snippets(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(
    ([, code = '']) => code,
  );
}

/** The cells of a table's rows, without their backticks. The table is the one with this line above its rows. */
export function tableBelow(header: string): string[][] {
  const [, below = ''] = readme.split(`${header}\n`);
  const [rows = ''] = below.split('\n\n');
  return rows
    .split('\n')
    .filter((row) => row.startsWith('| ') && !row.startsWith('| ---'))
    .map((row) =>
      row
        .slice(2, -2)
        .split(' | ')
        .map((cell) => cell.trim().replace(/^`(.*)`$/, '$1')),
    );
}
