import { describe, expect, test } from 'vitest';
import { chunkBytes, entrySchema, hashOf } from '../../src/sync/entry.ts';
import { pathProblem } from '../../src/sync/path.ts';

describe('a path', () => {
  test.each([
    'a',
    'a/b.txt',
    ' ',
    'new\nline',
    'é',
    'e\u0301',
    '😀',
    'con',
    '.gitignore',
    'a/..b',
    'c:d',
    'x'.repeat(255),
  ])('may be %j', (path) => {
    expect(pathProblem(path)).toBeUndefined();
  });

  test.each([
    ['', 'expected a path'],
    ['/etc/passwd', 'below the workspace'],
    ['../a', 'below the workspace'],
    ['a/../../b', 'below the workspace'],
    ['a/./b', 'below the workspace'],
    ['a//b', 'below the workspace'],
    ['a/', 'below the workspace'],
    ['a\0b', 'without a zero byte'],
    ['\ud800', 'valid Unicode'],
    ['.git/hooks/post-checkout', 'outside of `.git`'],
    ['sub/.GIT/config', 'outside of `.git`'],
    ['.gi\u200dt/config', 'outside of `.git`'],
    ['.switchyard/state', 'outside of `.git` and `.switchyard`'],
    ['x'.repeat(256), 'names of at most 255 bytes'],
    ['é'.repeat(128), 'names of at most 255 bytes'],
    ['a/'.repeat(64).concat('b'), 'at most 64 levels'],
    [`${'x'.repeat(250)}/`.repeat(9).concat('y'), 'at most 2048 bytes'],
  ])('must not be %j', (path, problem) => {
    expect(pathProblem(path)).toContain(problem);
  });
});

describe('an entry', () => {
  const file = { kind: 'file', path: 'a', sha256: hashOf('a'), size: 1, mode: 0o644, modifiedAt: 0 };

  test('has a list of chunks only if it has more than one', () => {
    expect(entrySchema.safeParse(file).success).toBe(true);
    const large = { ...file, size: chunkBytes + 1 };
    expect(entrySchema.safeParse(large).success).toBe(false);
    expect(entrySchema.safeParse({ ...large, chunks: [hashOf('b'), hashOf('c')] }).success).toBe(true);
    expect(entrySchema.safeParse({ ...large, chunks: [hashOf('b')] }).success).toBe(false);
    expect(entrySchema.safeParse({ ...large, chunks: [hashOf('b'), 'c'] }).success).toBe(false);
  });

  test.each([512, 1_000_000])('is refused at once for %i wrong chunks', (count) => {
    const hostile = { ...file, size: count * chunkBytes, chunks: Array.from({ length: count }, () => 0) };
    const before = process.cpuUsage();
    const problems = entrySchema.safeParse(hostile).error?.message ?? '';
    const { user, system } = process.cpuUsage(before);
    expect(problems).toContain('expected at most 512 SHA-256');
    expect(problems.length).toBeLessThan(2_000);
    expect((user + system) / 1_000).toBeLessThan(50);
  });

  test.each([
    ['a mode with more than permissions', { ...file, mode: 0o4755 }],
    ['a size that is no whole number', { ...file, size: 0.5 }],
    ['a path that leads out', { ...file, path: '../a' }],
    ['a hash in capital letters', { ...file, sha256: 'A'.repeat(64) }],
    [
      'a link with another hash',
      { kind: 'link', path: 'a', target: 'b', sha256: hashOf('c'), modifiedAt: 0 },
    ],
    ['a link to nowhere', { kind: 'link', path: 'a', target: '', sha256: hashOf(''), modifiedAt: 0 }],
    ['a kind of its own', { ...file, kind: 'device' }],
  ])('is refused with %s', (_what, entry) => {
    expect(entrySchema.safeParse(entry).success).toBe(false);
  });
});
