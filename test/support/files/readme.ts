import { readFileSync } from 'node:fs';

/** The text of a page, by its path from the project's root. */
export function readPage(path: string): string {
  return readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
}

/** The page that a newcomer reads first. */
export const readme = readPage('README.md');

/** The code blocks of a page in a language, in order. */
export function snippets(language: string, page = readme): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(
    ([, code = '']) => code,
  );
}

/** The cells of the table with this header line, row by row, without backticks. */
export function tableBelow(header: string, page: string): string[][] {
  const [, below = ''] = page.split(`${header}\n`);
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
