import { execFileSync } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openTestTools, type TestTools } from '../support/node/agent-tools.ts';

async function openProject(): Promise<TestTools> {
  const tools = await openTestTools();
  const files = {
    '.gitignore': 'node_modules/\n*.log\n!keep.log\n',
    '.git/config': '[core]',
    'README.md': '# Laptop\nThe needle is here.\n',
    'keep.log': 'needle\n',
    'debug.log': 'needle\n',
    'node_modules/dep/index.js': 'needle\n',
    'src/app.ts': 'const needle = 1;\r\nlet other;\r\n// Needle\n',
    'src/deep/.gitignore': '/secret\n!*.log\n',
    'src/deep/secret': 'needle\n',
    'src/deep/a.log': 'needle\n',
    'src/deep/down/b.tsx': 'needle\n',
  };
  for (const [path, content] of Object.entries(files)) await tools.put(path, content);
  await tools.put('image.png', Buffer.from('needle\0'));
  await symlink('src', join(tools.root, 'linked'));
  return tools;
}

describe('list_files', () => {
  test('list_files lists the workspace without the entries that .gitignore files exclude', async () => {
    await using tools = await openProject();
    const { result } = await tools.call('list_files', { depth: 4 });
    expect(result.split('\n')).toEqual([
      '.gitignore',
      'README.md',
      'image.png',
      'keep.log',
      'linked@',
      'src/',
      'src/app.ts',
      'src/deep/',
      'src/deep/.gitignore',
      'src/deep/a.log',
      'src/deep/down/',
      'src/deep/down/b.tsx',
    ]);
  });

  test('list_files lists the folder that it is given, to the depth that it is given', async () => {
    await using tools = await openProject();
    const { result } = await tools.call('list_files', { path: 'src', depth: 1 });
    expect(result.split('\n')).toEqual(['src/app.ts', 'src/deep/']);
  });

  test('list_files lists an ignored folder if the call names the folder', async () => {
    await using tools = await openProject();
    const { result } = await tools.call('list_files', { path: 'node_modules' });
    expect(result.split('\n')).toEqual(['node_modules/dep/', 'node_modules/dep/index.js']);
  });

  test('list_files does not wait for a .gitignore that is a pipe and does not follow one that is a link', async () => {
    await using tools = await openTestTools();
    await tools.put('src/a.txt', '');
    execFileSync('mkfifo', [join(tools.root, '.gitignore')]);
    await writeFile(join(tools.outside, 'rules'), '*.txt\n');
    await symlink(join(tools.outside, 'rules'), join(tools.root, 'src/.gitignore'));

    const { result } = await tools.call('list_files', {});

    expect(result.split('\n')).toEqual(['.gitignore=', 'src/', 'src/.gitignore@', 'src/a.txt']);
  });

  test('list_files says when it cannot list all entries', async () => {
    await using tools = await openTestTools();
    await Promise.all(Array.from({ length: 300 }, (_, index) => tools.put(`file-${index}`, '')));
    const { result } = await tools.call('list_files', {}, { maxOutputBytes: 1_024 });
    expect(result).toMatch(/^(file-\d+\n)+\[There are more entries: /);
    expect(Buffer.byteLength(result)).toBeLessThanOrEqual(1_024);
  });
});

describe('search_files', () => {
  const linesOf = async (tools: TestTools, args: object) =>
    (await tools.call('search_files', args)).result.split('\n').toSorted();

  test('search_files finds lines in the text files that no .gitignore excludes', async () => {
    await using tools = await openProject();
    expect(await linesOf(tools, { pattern: '[nN]eedle( =)?' })).toEqual([
      'README.md:2: The needle is here.',
      'keep.log:1: needle',
      'src/app.ts:1: const needle = 1;',
      'src/app.ts:3: // Needle',
      'src/deep/a.log:1: needle',
      'src/deep/down/b.tsx:1: needle',
    ]);
  });

  test.each([
    [{ glob: '*.md' }, ['README.md:2: The needle is here.']],
    [{ glob: '*.{ts,tsx}' }, ['src/app.ts:1: const needle = 1;', 'src/deep/down/b.tsx:1: needle']],
    [{ glob: 'src/*.ts' }, ['src/app.ts:1: const needle = 1;']],
    [{ path: 'src', glob: 'deep/**' }, ['src/deep/a.log:1: needle', 'src/deep/down/b.tsx:1: needle']],
    [{ path: 'src/deep/secret' }, ['src/deep/secret:1: needle']],
    [{ glob: '*.rs' }, ['[No line matches.]']],
  ])('search_files searches only the files that %j selects', async (where, lines) => {
    await using tools = await openProject();
    expect(await linesOf(tools, { pattern: 'needle', ...where })).toEqual(lines);
  });

  test('search_files says when it stops at max_results', async () => {
    await using tools = await openTestTools();
    await tools.put('a.txt', 'x\n'.repeat(500));
    const { result } = await tools.call('search_files', { pattern: 'x', max_results: 3 });
    expect(result).toBe(
      'a.txt:1: x\na.txt:2: x\na.txt:3: x\n[These are the first 3 matching lines; there may be more.]',
    );
  });

  test.each([
    ['pattern', { pattern: '^(a+)+$' }],
    ['glob', { pattern: 'x', glob: `${'*a'.repeat(40)}b` }],
  ])('a %s that would take forever fails after a short time', async (_what, args) => {
    await using tools = await openTestTools();
    await tools.put('a'.repeat(200), `${'a'.repeat(100)}!`);
    const report = await tools.call('search_files', args);
    expect(report).toMatchObject({ status: 'FAILED', errorCode: 'FAILED' });
    expect(report.result).toContain('too many ways to match');
  });

  test('search_files says what is wrong with a pattern', async () => {
    await using tools = await openTestTools();
    expect(await tools.call('search_files', { pattern: '(' })).toMatchObject({
      status: 'FAILED',
      errorCode: 'BAD_ARGUMENTS',
      result: expect.stringContaining('Unterminated group'),
    });
  });

  test('search_files ends when it is cancelled', async () => {
    await using tools = await openProject();
    const report = await tools.call('search_files', { pattern: 'x' }, { cancel: AbortSignal.abort() });
    expect(report.status).toBe('CANCELLED');
  });
});
