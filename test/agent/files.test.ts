import { spawnSync } from 'node:child_process';
import { chmod, link, readdir, readlink, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openTestTools } from '../support/node/agent-tools.ts';

describe('paths', () => {
  const reading = ['read_file', 'list_files', 'search_files'];
  const writing = ['write_file', 'edit_file'];

  test.each([
    '..',
    '../outside/secret.txt',
    'sub/../../outside/secret.txt',
    '/etc/passwd',
    'folder-link/secret.txt',
    'file-link',
    'chain-link',
    'folder-link/../outside/secret.txt',
    'sub/deep/up-link/../../outside/secret.txt',
  ])('every tool refuses %j, which leads out of the workspace', async (path) => {
    await using tools = await openTestTools();
    const secret = join(tools.outside, 'secret.txt');
    await writeFile(secret, 'secret');
    await tools.put('sub/deep/a.txt', '');
    await symlink('..', join(tools.root, 'sub/deep/up-link'));
    await symlink(tools.outside, join(tools.root, 'folder-link'));
    await symlink(secret, join(tools.root, 'file-link'));
    await symlink('file-link', join(tools.root, 'chain-link'));

    for (const tool of [...reading, ...writing]) {
      const args = { path, pattern: 's', content: 'x', old_text: 'secret', new_text: 'x' };
      const report = await tools.call(tool, args);
      expect(report, tool).toMatchObject({ status: 'FAILED', errorCode: 'POLICY' });
      expect(report.result).toContain('leads out of the workspace');
    }
  });

  test('write_file does not write through a link whose target does not exist', async () => {
    await using tools = await openTestTools();
    await symlink(join(tools.outside, 'made.txt'), join(tools.root, 'dangling'));

    const report = await tools.call('write_file', { path: 'dangling', content: 'x' });

    expect(report).toMatchObject({ errorCode: 'POLICY' });
    expect(await readdir(tools.outside)).toEqual([]);
  });

  test('links within the workspace and absolute paths into it work', async () => {
    await using tools = await openTestTools();
    await tools.put('real/a.txt', 'text');
    await symlink('real', join(tools.root, 'alias'));
    await symlink(tools.root, join(tools.outside, 'way-in'));

    for (const path of [
      'alias/a.txt',
      join(tools.root, 'real/a.txt'),
      join(tools.outside, 'way-in/real/a.txt'),
    ]) {
      expect(await tools.call('read_file', { path })).toEqual({ status: 'SUCCEEDED', result: 'text' });
    }
    await tools.call('write_file', { path: 'alias/b.txt', content: 'new' });
    expect(await tools.get('real/b.txt')).toBe('new');
    expect(await readlink(join(tools.root, 'alias'))).toBe('real');
  });

  test('pipes and devices are neither read nor written', async () => {
    await using tools = await openTestTools();
    spawnSync('mkfifo', [join(tools.root, 'pipe')]);

    for (const tool of ['read_file', 'write_file', 'edit_file']) {
      const args = { path: 'pipe', content: 'x', old_text: 'x', new_text: 'y' };
      expect(await tools.call(tool, args)).toMatchObject({
        status: 'FAILED',
        result: '"pipe" is not a regular file.',
      });
    }
    expect((await tools.call('search_files', { pattern: 'x' })).status).toBe('SUCCEEDED');
  });
});

describe('read_file', () => {
  const numbers = Array.from({ length: 5_000 }, (_, index) => `line ${index + 1}\n`).join('');

  test('read_file returns a file unchanged', async () => {
    await using tools = await openTestTools();
    const content = '\uFEFFone\r\ntwo €😀';
    await tools.put('a.txt', content);
    expect((await tools.call('read_file', { path: 'a.txt' })).result).toBe(content);
  });

  test('read_file returns the lines that are asked for, and says where the next ones begin', async () => {
    await using tools = await openTestTools();
    await tools.put('a.txt', numbers);
    const args = { path: 'a.txt', start_line: 4_000, max_lines: 2 };
    expect((await tools.call('read_file', args)).result).toBe(
      'line 4000\nline 4001\n[The result has lines 4000 to 4001; the file has 48.9 KB. Continue with start_line 4002.]\n',
    );
  });

  test('read_file returns as many whole lines as the result may have', async () => {
    await using tools = await openTestTools();
    await tools.put('a.txt', numbers);
    const read = (start: number) =>
      tools.call('read_file', { path: 'a.txt', start_line: start }, { maxOutputBytes: 4_000 });

    let all = '';
    for (let next: number | undefined = 1; next !== undefined; ) {
      const { result } = await read(next);
      expect(Buffer.byteLength(result)).toBeLessThanOrEqual(4_000);
      const [, text = result, following] =
        /^([\s\S]*)\[The result has .* start_line (\d+)\.\]\n$/.exec(result) ?? [];
      all += text;
      next = following === undefined ? undefined : Number(following);
    }

    expect(all).toBe(numbers);
  });

  test('read_file cuts a single line that is too long', async () => {
    await using tools = await openTestTools();
    await tools.put('a.txt', `${'é'.repeat(5_000)}\nnext\n`);
    const { result } = await tools.call('read_file', { path: 'a.txt' }, { maxOutputBytes: 1_024 });
    expect(result).toMatch(
      /^é+\n\[The result has only the beginning of line 1; the file has 10\.0 KB\. Continue with start_line 2\.\]\n$/,
    );
  });

  test('read_file reads lines of a file that is larger than memory', async () => {
    await using tools = await openTestTools();
    await tools.put('large', 'one\ntwo\nthree\n');
    await truncate(join(tools.root, 'large'), 20_000_000_000);
    const args = { path: 'large', start_line: 2, max_lines: 1 };
    expect((await tools.call('read_file', args)).result).toMatch(/^two\n/);
  });

  test.each([
    ['that does not exist', 'none.txt', 1, '"none.txt" does not exist.'],
    ['that is a folder', 'sub', 1, '"sub" is a folder.'],
    [
      'whose path leads through a file',
      'sub/a.txt/b',
      1,
      '"sub/a.txt/b" leads through a file as if it were a folder.',
    ],
    ['that is binary', 'binary', 1, '"binary" is binary (4 B) and cannot be shown.'],
    ['that has fewer lines', 'sub/a.txt', 3, '"sub/a.txt" has fewer than 3 lines.'],
  ])('read_file fails with a sentence for a path %s', async (_why, path, startLine, sentence) => {
    await using tools = await openTestTools();
    await tools.put('sub/a.txt', 'one\ntwo\n');
    await tools.put('binary', Buffer.from([1, 0, 2, 3]));
    expect(await tools.call('read_file', { path, start_line: startLine })).toEqual({
      status: 'FAILED',
      errorCode: 'FAILED',
      result: sentence,
    });
  });

  test('read_file names each argument that is not valid', async () => {
    await using tools = await openTestTools();
    const report = await tools.call('read_file', { path: 1, start_line: 0 });
    expect(report).toMatchObject({ status: 'FAILED', errorCode: 'BAD_ARGUMENTS' });
    expect(report.result).toMatch(/^path: .*\nstart_line: /);
  });
});

describe('write_file', () => {
  test('write_file creates a file and the missing folders of its path', async () => {
    await using tools = await openTestTools();
    const report = await tools.call('write_file', { path: 'a/b/c.txt', content: 'héllo' });
    expect(report).toEqual({ status: 'SUCCEEDED', result: 'Created "a/b/c.txt": 6 B.' });
    expect(await tools.get('a/b/c.txt')).toBe('héllo');
  });

  test('write_file replaces a file in one step and keeps its mode', async () => {
    await using tools = await openTestTools();
    await tools.put('run.sh', 'old');
    await chmod(join(tools.root, 'run.sh'), 0o751);
    await link(join(tools.root, 'run.sh'), join(tools.outside, 'old.sh'));

    const report = await tools.call('write_file', { path: 'run.sh', content: 'new' });

    expect(report.result).toBe('Replaced "run.sh": 3 B.');
    expect(await tools.get('run.sh')).toBe('new');
    expect(await tools.get('../outside/old.sh')).toBe('old');
    expect((await stat(join(tools.root, 'run.sh'))).mode & 0o777).toBe(0o751);
    expect(await readdir(tools.root)).toEqual(['run.sh']);
  });

  test('write_file accepts a name of the greatest length', async () => {
    await using tools = await openTestTools();
    const path = '漢'.repeat(85);
    expect(await tools.call('write_file', { path, content: 'x' })).toMatchObject({ status: 'SUCCEEDED' });
    expect(await readdir(tools.root)).toEqual([path]);
  });

  test('write_file writes nothing if it is cancelled while it waits for another write', async () => {
    await using tools = await openTestTools();
    const cancel = new AbortController();
    const first = tools.call('write_file', { path: 'first', content: '' });
    const second = tools.call('write_file', { path: 'second', content: '' }, { cancel: cancel.signal });
    cancel.abort();
    const third = tools.call('write_file', { path: 'third', content: '' }, { cancel: cancel.signal });
    expect((await first).status).toBe('SUCCEEDED');
    expect((await second).status).toBe('CANCELLED');
    expect((await third).status).toBe('CANCELLED');
    expect(await readdir(tools.root)).toEqual(['first']);
  });

  test('write_file leaves no file behind when it fails', async () => {
    await using tools = await openTestTools();
    await tools.put('folder/a.txt', '');
    const report = await tools.call('write_file', { path: 'folder', content: 'x' });
    expect(report).toMatchObject({ status: 'FAILED', result: '"folder" is a folder.' });
    expect(await readdir(tools.root)).toEqual(['folder']);
  });
});

describe('edit_file', () => {
  test('edit_file replaces a text that occurs once', async () => {
    await using tools = await openTestTools();
    await tools.put('a.txt', 'one two\r\nthree');
    const report = await tools.call('edit_file', {
      path: 'a.txt',
      old_text: 'two\r\n',
      new_text: "$& $1 $'\n",
    });
    expect(report).toEqual({ status: 'SUCCEEDED', result: 'Replaced one occurrence in "a.txt".' });
    expect(await tools.get('a.txt')).toBe("one $& $1 $'\nthree");
  });

  test.each([
    ['does not occur', 'four', /^old_text does not occur in "a.txt"/],
    ['occurs more than once', 'two', /^old_text occurs 3 times in "a.txt"/],
  ])('edit_file changes nothing if the text %s', async (_why, text, sentence) => {
    await using tools = await openTestTools();
    await tools.put('a.txt', 'one two two\ntwo');
    const report = await tools.call('edit_file', { path: 'a.txt', old_text: text, new_text: 'x' });
    expect(report).toMatchObject({ status: 'FAILED', errorCode: 'FAILED' });
    expect(report.result).toMatch(sentence);
    expect(await tools.get('a.txt')).toBe('one two two\ntwo');
  });

  test('edit_file replaces every occurrence of a text with replace_all', async () => {
    await using tools = await openTestTools();
    await tools.put('a.txt', 'one two two\ntwo');
    const args = { path: 'a.txt', old_text: 'two', new_text: '2', replace_all: true };
    expect((await tools.call('edit_file', args)).result).toBe('Replaced 3 occurrences in "a.txt".');
    expect(await tools.get('a.txt')).toBe('one 2 2\n2');
  });

  test('edit_file does not let a file grow beyond the size that it can edit', async () => {
    await using tools = await openTestTools();
    await tools.put('a.txt', 'a'.repeat(1_000));
    const args = { path: 'a.txt', old_text: 'a', new_text: 'b'.repeat(20_000), replace_all: true };
    expect(await tools.call('edit_file', args)).toMatchObject({
      status: 'FAILED',
      result: '"a.txt" would become too large to edit.',
    });
  });

  test('edit_file does not damage a file that is not UTF-8', async () => {
    await using tools = await openTestTools();
    await tools.put('a.txt', Buffer.from('caf\xe9 two', 'latin1'));
    const report = await tools.call('edit_file', { path: 'a.txt', old_text: 'two', new_text: '2' });
    expect(report).toMatchObject({ status: 'FAILED', result: expect.stringContaining('is not UTF-8 text') });
  });

  test('edit_file loses no edit when many calls run at once', async () => {
    await using tools = await openTestTools();
    const names = Array.from({ length: 20 }, (_, index) => `<${index}>`);
    await tools.put('a.txt', names.join(' '));

    await Promise.all(
      names.map((name) => tools.call('edit_file', { path: 'a.txt', old_text: name, new_text: 'done' })),
    );

    expect(await tools.get('a.txt')).toBe(names.map(() => 'done').join(' '));
  });
});
