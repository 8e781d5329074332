import { rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readPolicy } from '../../src/agent/policy/policy.ts';
import { openTestTools } from '../support/node/agent-tools.ts';

/** The name of a link, often one that looks like an option. */
const linkName = fc.oneof(
  fc.constantFrom(
    'leak',
    '-leak',
    '-f',
    '-d',
    '-R',
    '-e',
    '--',
    '-',
    '-n',
    '--file=leak',
    'x=leak',
    '-L',
    'leak-',
    '-fleak',
  ),
  fc.stringMatching(/^-?[a-zA-Z]{1,3}$/),
  fc.stringMatching(/^--[a-z]{1,4}=?[a-z]{0,2}$/),
);
const option = fc.oneof(
  fc.constantFrom(
    '-r',
    '-R',
    '-rn',
    '-nf',
    '-f',
    '-e',
    '-L',
    '-LR',
    '-qL',
    '-eL',
    '-H',
    '-lF',
    '-d',
    '-a',
    '-s',
    '-n',
    '-c',
    '-1',
    '-x',
  ),
  fc.constantFrom('--', '-', '--file', '--file=', '--fi=', '--exclude-from=', '--dereference', '--recursive'),
  fc.stringMatching(/^-[a-zA-Z]{1,3}$/),
);

/** The words of a command, in which the names of links occur as words and as ends of words. */
const wordsWith = (names: string[]) => {
  const name = fc.constantFrom(...names);
  const path = fc.tuple(fc.constantFrom('', './', 'sub/../'), name, fc.constantFrom('', '/SECRET-NAME'));
  const word = fc.oneof(
    path.map((parts) => parts.join('')),
    option,
    fc.tuple(option, name).map(([given, of]) => given + of),
    fc.constantFrom('notes', '', '.', 'sub', 'SECRET'),
  );
  return fc.array(word, { minLength: 1, maxLength: 5 });
};
const scene = fc
  .tuple(linkName, linkName)
  .filter(([file, folder]) => file !== folder)
  .chain((names) => wordsWith([...names]).map((words) => ({ names, words })));

const quoted = (word: string) => `'${word}'`;

test('no command that the default policy allows reads anything outside the workspace through a link', {
  timeout: 120_000,
}, async () => {
  const policy = await readPolicy(undefined);
  const programs = policy.mode === 'strict' ? policy.allow.map(([program = '']) => program) : [];
  await using tools = await openTestTools();
  await writeFile(join(tools.outside, 'SECRET-NAME'), 'SECRET-CONTENT\n');
  await tools.put('notes', 'a note\n');
  await tools.put('sub/notes', 'a note\n');
  let allowed = 0;

  const runs = fc.asyncProperty(fc.constantFrom(...programs), scene, async (program, { names, words }) => {
    const [file, folder] = names.map((name) => join(tools.root, name)) as [string, string];
    await symlink('../outside/SECRET-NAME', file);
    await symlink('../outside', folder);
    try {
      const { result, errorCode } = await tools.command([program, ...words.map(quoted)].join(' '), {
        timeoutMs: 1_000,
      });
      if (errorCode !== 'POLICY') allowed += 1;
      // The name of a link's target is no secret: the link is in the workspace. Nor are the words of the command.
      const isPrinted = /^(echo|printf|basename|dirname)$/.test(program);
      const told = result.replaceAll(/-> \S+/g, '');
      if (errorCode !== 'POLICY' && !isPrinted) expect(told).not.toMatch(/SECRET-CONTENT|^SECRET-NAME/m);
    } finally {
      await rm(file);
      await rm(folder);
    }
  });
  await fc.assert(runs, { numRuns: 200 });

  expect(allowed).toBeGreaterThan(10);
});
