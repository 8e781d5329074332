import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readme } from '../support/files/readme.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const path = 'src/http/THREATS.md';
const rows = readFileSync(root + path, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (threat|---|\*\*)/.test(line))
  .map((line) => line.slice(2, -2).split(' | '));
const filesIn = (cell = '') => Array.from(cell.matchAll(/`([^`]+)`/g), ([, file = '']) => file);

test('every threat names its defence, the files that defend, and the tests that prove it', () => {
  expect(rows.length).toBeGreaterThan(30);
  for (const row of rows) {
    const [threat, defence, where, tests] = row;
    expect(row, threat).toHaveLength(4);
    expect(defence).not.toBe('');
    expect(filesIn(where), threat).not.toEqual([]);
    expect(filesIn(tests), threat).not.toEqual([]);
  }
});

test('every file that a threat names exists, and every file that proves a defence is a test', () => {
  const files = rows.flatMap(([, , where, tests]) => [...filesIn(where), ...filesIn(tests)]);
  expect(files.filter((file) => !existsSync(root + file))).toEqual([]);
  const proofs = rows.flatMap(([, , , tests]) => filesIn(tests));
  expect(proofs.filter((file) => !file.startsWith('test/'))).toEqual([]);
});

test('every test with hostile or generated input is named by a threat', () => {
  const written = readdirSync(`${root}test`, { recursive: true, encoding: 'utf8' })
    .map((file) => `test/${file}`)
    .filter((file) => /\/hostile\/[^/]+\.ts$|property\.test\.ts$/.test(file));
  expect(written.length).toBeGreaterThan(15);
  const named = rows.flatMap(([, , , tests]) => filesIn(tests));
  expect(written.filter((file) => !named.includes(file))).toEqual([]);
});

test('the README links to the threats', () => {
  expect(readme).toContain(`(${path})`);
});
