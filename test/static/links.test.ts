import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readPage } from '../support/files/readme.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const pages = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  ...readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `src/${file}`),
];

/** The targets of the links of a page, as paths from the project's root, without fragments. */
function linkedFiles(page: string): string[] {
  return Array.from(readPage(page).matchAll(/\]\(([^)\s]+)\)/g), ([, target = '']) => target)
    .filter((target) => !/^(https?:|#)/.test(target))
    .map((target) => join(dirname(page), target.replace(/#.*/, '')));
}

test('every link from a page leads to a file that exists', () => {
  const dead = pages.flatMap((page) =>
    linkedFiles(page)
      .filter((file) => !existsSync(root + file))
      .map((file) => `${page}: ${file}`),
  );
  expect(dead).toEqual([]);
});

test('every page can be reached from the README through links', () => {
  const reached = new Set(['README.md']);
  for (const page of reached) {
    for (const file of linkedFiles(page)) {
      if (file.endsWith('.md') && existsSync(root + file)) reached.add(file);
    }
  }
  expect(pages.filter((page) => !reached.has(page))).toEqual([]);
});

test('the README can be read in a few minutes', () => {
  expect(readPage('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(150);
});
