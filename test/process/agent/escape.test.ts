import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toolCall } from '../../support/model/turn.ts';
import { callTools } from '../../support/node/agent-calls.ts';
import { createNodeSession } from '../../support/node/nodes.ts';
import { type Laptop, type Machine, startLaptop } from '../../support/process/agent-laptop.ts';

/** Creates a folder with a file beside the workspace, and links in the workspace that lead there. */
async function openOutside({ workspace }: Machine): Promise<string> {
  const outside = join(dirname(workspace), 'outside');
  await mkdir(outside);
  await writeFile(join(outside, 'secret'), 'do not tell\n');
  await symlink(outside, join(workspace, 'folder-link'));
  await symlink(join(outside, 'secret'), join(workspace, 'file-link'));
  await symlink(join(outside, 'new'), join(workspace, 'dangling-link'));
  await mkdir(join(workspace, 'inner'));
  await symlink('../folder-link', join(workspace, 'inner', 'link-to-link'));
  await mkdir(join(workspace, 'inner', 'deep'));
  await symlink('..', join(workspace, 'inner', 'deep', 'link-up'));
  return outside;
}

/** The arguments of each tool for the path of a file, and for the path of a folder. */
const fileCalls = {
  read_file: (path: string) => ({ path }),
  write_file: (path: string) => ({ path, content: 'overwritten' }),
  edit_file: (path: string) => ({ path, old_text: 'do not tell', new_text: 'tell' }),
  search_files: (path: string) => ({ path, pattern: 'tell' }),
};
const folderCalls = {
  list_files: (path: string) => ({ path }),
  search_files: (path: string) => ({ path, pattern: 'tell' }),
  run_command: (cwd: string) => ({ command: 'cat secret; echo overwritten > secret', cwd }),
};

describe('with a permissive policy', () => {
  let laptop: Laptop;
  let outside: string;

  beforeAll(async () => {
    laptop = await startLaptop();
    outside = await openOutside(laptop.machine);
  });

  afterAll(() => laptop?.[Symbol.asyncDispose]());

  test('no tool reaches anything outside the workspace by any path', { timeout: 60_000 }, async () => {
    const { gateway } = laptop;
    const files = [
      ...['../outside/secret', 'inner/../../outside/secret', `${outside}/secret`, 'file-link'],
      ...['folder-link/secret', 'inner/link-to-link/secret', 'dangling-link', 'folder-link/sub/new'],
    ];
    const folders = [
      '..',
      '../outside',
      outside,
      '/',
      'folder-link',
      'inner/link-to-link',
      'folder-link/../outside',
    ];
    const calls = [
      ...Object.entries(fileCalls).flatMap(([tool, args]) =>
        files.map((path) => toolCall(`${tool} ${path}`, tool, args(path))),
      ),
      ...Object.entries(folderCalls).flatMap(([tool, args]) =>
        folders.map((path) => toolCall(`${tool} ${path}`, tool, args(path))),
      ),
    ];
    const sessionId = await createNodeSession(gateway, ['laptop']);

    // A node gets at most this many tool calls at once.
    for (let from = 0; from < calls.length; from += 16) {
      const some = calls.slice(from, from + 16);
      const ends = Object.entries(await callTools(gateway, sessionId, ...some));
      expect(ends).toHaveLength(some.length);
      expect(ends.filter(([, { errorCode }]) => errorCode !== 'POLICY')).toEqual([]);
      expect(JSON.stringify(ends)).not.toContain('do not tell');
    }
    expect(await readdir(outside)).toEqual(['secret']);
    expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('do not tell\n');
  });

  test('search_files and list_files do not follow symbolic links', async () => {
    const { gateway } = laptop;
    const sessionId = await createNodeSession(gateway, ['laptop']);

    const { search, list } = await callTools(
      gateway,
      sessionId,
      toolCall('search', 'search_files', { pattern: 'tell' }),
      toolCall('list', 'list_files', { depth: 10 }),
    );

    expect(search?.['result']).toBe('[No line matches.]');
    expect(list?.['result']).not.toContain('secret');
  });
});

test('a strict policy refuses each command with an argument that leads out of the workspace', async () => {
  await using laptop = await startLaptop({ policy: 'allow: [cat, grep, ls]' });
  const { gateway, machine } = laptop;
  const outside = await openOutside(machine);
  const sessionId = await createNodeSession(gateway, ['laptop']);
  const commands = [
    ...['cat ../outside/secret', `cat ${outside}/secret`, 'cat folder-link/secret', 'cat file-link'],
    ...['grep -f../outside/secret x', `grep --file=${outside}/secret x`, 'ls inner/link-to-link'],
    // These look like paths within the workspace, but `..` goes up from the target of a link.
    ...['cat folder-link/../outside/secret', 'cat inner/deep/link-up/../../outside/secret'],
  ];

  const calls = commands.map((command) => toolCall(command, 'run_command', { command }));
  const ends = Object.entries(await callTools(gateway, sessionId, ...calls));

  expect(ends.map(([command, { errorCode }]) => [command, errorCode]).toSorted()).toEqual(
    commands.map((command) => [command, 'POLICY']).toSorted(),
  );
  const results = JSON.stringify(ends);
  expect(results).not.toContain('do not tell');
  expect(results).not.toContain('does not allow');
});
