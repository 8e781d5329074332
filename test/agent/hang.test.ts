import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openTools } from '../../src/agent/tools/open-tools.ts';
import { openTestTools, type TestTools } from '../support/node/agent-tools.ts';

/** A workspace with files for which the calls below need hours. */
async function openSlowWorkspace(): Promise<TestTools> {
  const tools = await openTestTools();
  await tools.put('line.txt', `${'a'.repeat(100)}!`);
  await tools.put('large.txt', 'a'.repeat(10_000_000));
  return tools;
}

const slowCalls: [string, object][] = [
  ['search_files', { pattern: '^(a+)+$' }],
  [
    'edit_file',
    { path: 'large.txt', old_text: `${'a'.repeat(200_000)}b${'a'.repeat(200_000)}`, new_text: '' },
  ],
];

test.each(slowCalls)(
  '%s ends at the time limit of the call although its input keeps a processor busy',
  async (tool, args) => {
    await using tools = await openSlowWorkspace();
    const report = await tools.call(tool, args, { timeoutMs: 100 });
    expect(report).toMatchObject({ status: 'TIMED_OUT', errorCode: 'TIMEOUT' });
  },
);

test.each(slowCalls)(
  '%s ends when it is cancelled although its input keeps a processor busy',
  async (tool, args) => {
    await using tools = await openSlowWorkspace();
    const cancel = new AbortController();
    const call = tools.call(tool, args, { cancel: cancel.signal });
    await delay(100);
    cancel.abort();
    expect(await call).toMatchObject({ status: 'CANCELLED' });
  },
);

test('an edit that timed out does not keep the next edit waiting', async () => {
  await using tools = await openSlowWorkspace();
  const [tool, args] = slowCalls[1] ?? ['', {}];
  await tools.call(tool, args, { timeoutMs: 100 });
  const next = await tools.call('edit_file', { path: 'line.txt', old_text: '!', new_text: '?' });
  expect(next).toMatchObject({ status: 'SUCCEEDED' });
});

test.each([
  ['many patterns for folders', 'a/**/'.repeat(12), 60],
  ['few patterns for folders in a deep folder', 'a/**/'.repeat(4), 400],
])('list_files does not use a rule of a .gitignore that takes too long: %s', async (_what, rule, depth) => {
  await using tools = await openTestTools();
  await tools.put('.gitignore', `${rule}b\n`);
  await tools.put(`${'a/'.repeat(depth)}file`, '');

  const { status, result } = await tools.call('list_files', { depth: 1_000 }, { maxOutputBytes: 1_000_000 });

  expect(status).toBe('SUCCEEDED');
  expect(result.split('\n').at(-1)).toBe(`${'a/'.repeat(depth)}file`);
});

test.each([
  ['too many stars', `${'*'.repeat(9)}a`],
  ['too many rules before it', `${'x\n'.repeat(2_000)}*a`],
  ['too many characters', `[${'a'.repeat(500)}]*`],
])('list_files and search_files do not use a rule of a .gitignore with %s', async (_what, rules) => {
  await using tools = await openTestTools();
  await tools.put('.gitignore', `${rules}\n`);
  await tools.put('aaa', 'needle');
  await tools.put('sub/.gitignore', '*.log\n');
  await tools.put('sub/a.log', 'needle');

  const { result } = await tools.call('list_files', {});
  expect(result.split('\n')).toEqual(['.gitignore', 'aaa', 'sub/', 'sub/.gitignore']);
  expect((await tools.call('search_files', { pattern: 'needle' })).result).toBe('aaa:1: needle');
});

test('a file in the deepest folder that a path can name is found at once', async () => {
  await using tools = await openTestTools();
  const path = `${'a/'.repeat(1_000)}file`;
  await tools.put(path, 'needle');

  expect(await tools.call('read_file', { path }, { timeoutMs: 5_000 })).toMatchObject({ result: 'needle' });
  expect(await tools.command(`cat ${path}`, { timeoutMs: 5_000 })).toMatchObject({ result: 'needle' });
  expect(await tools.call('read_file', { path: `${path}/../missing` })).toMatchObject({
    status: 'FAILED',
    result: expect.stringContaining('does not exist'),
  });
});

test('a path through links that lead to each other is refused', async () => {
  await using tools = await openTestTools();
  await symlink('b', join(tools.root, 'a'));
  await symlink('a', join(tools.root, 'b'));
  await symlink('.', join(tools.root, 'here'));

  const paths = ['a', 'a/x', `${'here/'.repeat(41)}new`];
  for (const path of paths) {
    const { status, result } = await tools.call('write_file', { path, content: '' });
    expect([status, result]).toEqual(['FAILED', `${JSON.stringify(path)} leads through too many links.`]);
  }
});

test.runIf(process.platform === 'linux')(
  'a file without an end that says that it is empty is read up to the limit',
  async () => {
    using tools = await openTools({ workspace: '/proc/self', env: process.env });
    const call = (tool: string, args: object) =>
      tools.run(
        { tool, args, timeoutMs: 20_000, maxOutputBytes: 32_768 },
        { cancel: new AbortController().signal, onOutput: () => {} },
      );

    expect((await call('search_files', { pattern: 'x', path: 'pagemap' })).result).toBe(
      '[No line matches.]\n[1 files larger than 10.5 MB were not searched.]',
    );
    expect((await call('edit_file', { path: 'pagemap', old_text: 'x', new_text: 'y' })).result).toContain(
      '"pagemap" is too large to edit',
    );
  },
);

test('a path that is longer than any system allows is refused before it is looked up', async () => {
  await using tools = await openTestTools();
  const report = await tools.call('read_file', { path: 'a/../'.repeat(100_000) });
  expect(report).toMatchObject({
    errorCode: 'BAD_ARGUMENTS',
    result: expect.stringContaining('4096 characters'),
  });
});
