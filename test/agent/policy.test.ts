import { symlinkSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openTools } from '../../src/agent/tools/open-tools.ts';
import { openTestTools } from '../support/node/agent-tools.ts';

describe('a strict policy', () => {
  test('a strict policy runs the commands that it allows, with any arguments', async () => {
    await using tools = await openTestTools();
    await tools.put('notes.txt', 'one\ntwo\n');

    expect(await tools.command('cat -n notes.txt')).toEqual({
      status: 'SUCCEEDED',
      result: '     1\tone\n     2\ttwo\n',
      exitCode: 0,
    });
  });

  test.each([
    ['echo "two  words" \'and $HOME\' more\\ words', 'two  words and $HOME more words\n'],
    ['echo "a \\"quoted\\" \\$word" \'\'', 'a "quoted" $word \n'],
    ['  echo\tone \\\n two  ', 'one two\n'],
    ["echo it\\'s '*' \"?\" a#b", "it's * ? a#b\n"],
  ])('a strict policy splits %j into words as a shell does', async (command, printed) => {
    await using tools = await openTestTools();
    expect((await tools.command(command)).result).toBe(printed);
  });

  test.each([
    ['touch made', 'does not allow "touch made"'],
    ['git status', 'does not allow "git status"'],
    ['diff -r a b', 'does not allow "diff -r a b"'],
    ['/bin/ls', 'does not allow "/bin/ls"'],
    ['X=1 ls', 'does not allow "X=1 ls"'],
    ['ls; touch made', 'operators and line breaks'],
    ['ls && touch made', 'operators and line breaks'],
    ['ls | tee made', 'operators and line breaks'],
    ['ls & touch made', 'operators and line breaks'],
    ['ls\ntouch made', 'operators and line breaks'],
    ['echo x > made', 'redirections'],
    ['cat < /etc/passwd', 'redirections'],
    ['cat <(touch made)', 'redirections'],
    ['echo $(touch made)', 'variables and substitutions'],
    ['echo `touch made`', 'variables and substitutions'],
    ['echo "$(touch made)"', 'within "'],
    ['echo "`touch made`"', 'within "'],
    ['echo $HOME', 'variables and substitutions'],
    ['ls *', 'patterns for file names'],
    ['ls ~', 'patterns for file names'],
    ['ls {a,b}', 'patterns for file names'],
    ['ls # touch made', 'comments'],
    ["echo 'never closed", 'must be closed'],
    ['echo "never closed', 'must be closed'],
    ['echo never closed\\', 'must be closed'],
  ])('a strict policy refuses %j and says why', async (command, reason) => {
    await using tools = await openTestTools();

    const report = await tools.command(command);

    expect(report).toMatchObject({ status: 'FAILED', errorCode: 'POLICY' });
    expect(report.result).toContain(reason);
    expect((await tools.call('list_files', {})).result).not.toContain('made');
  });

  test.each([
    'cat /etc/passwd',
    'cat ../outside/secret.txt',
    'cat link/secret.txt',
    'cat secret-link',
    'cat link/../outside/secret.txt',
    'grep --file=/etc/passwd x',
    'grep --file=../outside/secret.txt x',
    'grep -f/etc/passwd x',
    'grep -f../outside/secret.txt x',
    'grep -f/etc/x=y x',
    'grep -e -- -f/etc/passwd x',
    'cat -- -leak',
    'cat -n -- -leak',
    'cat notes -leak',
    'cat -- -gone/x',
    'grep -r "" -- -d',
    'grep -fleak x',
    'grep -nfleak x',
    'grep -f leak x',
    'grep --file=leak x',
    'grep --fil=leak x',
    'grep -fd/secret.txt x',
    'grep -e -- -leak x',
    'tail -n1 -- notes -leak',
  ])('a strict policy refuses %j, which reads outside the workspace', async (command) => {
    await using tools = await openTestTools();
    await writeFile(join(tools.outside, 'secret.txt'), 'secret');
    await symlink(tools.outside, join(tools.root, 'link'));
    for (const name of ['secret-link', '-leak', 'leak'])
      await symlink(join(tools.outside, 'secret.txt'), join(tools.root, name));
    for (const name of ['d', '-d']) await symlink(tools.outside, join(tools.root, name));
    await symlink(join(tools.outside, 'gone'), join(tools.root, '-gone'));
    await tools.put('notes', 'note\n');

    const report = await tools.command(command);

    expect(report).toMatchObject({ status: 'FAILED', errorCode: 'POLICY' });
    expect(report.result).toContain('leads out of the workspace');
  });

  test.each([
    'ls -L',
    'ls -lL .',
    'ls --dereference',
    'ls -LR',
    'grep -R secret',
    'grep -nR secret .',
    'grep -e -- -R secret',
    'grep --dereference-recursive secret',
    'grep --deref secret',
    'realpath -L inner/../../../outside/secret.txt',
    'realpath -eqL inner',
    'realpath --logi inner',
  ])('a strict policy refuses %j, which follows links in another way than its check', async (command) => {
    await using tools = await openTestTools();
    await writeFile(join(tools.outside, 'secret.txt'), 'secret');
    await symlink(tools.outside, join(tools.root, 'link'));

    const report = await tools.command(command);

    expect(report).toMatchObject({ status: 'FAILED', errorCode: 'POLICY' });
    expect(report.result).toContain('follows links');
  });

  test.each([
    'grep -eREADME -r . -- -notes',
    'grep -c note -- -notes',
    'cat -- -notes',
    'ls -la --hide=src/etc',
    'grep --exclude-dir=src/etc -r note',
    'cat -n -- src/../-notes',
  ])('a strict policy runs %j, which stays in the workspace', async (command) => {
    await using tools = await openTestTools();
    await tools.put('-notes', 'note\nREADME\n');
    await tools.put('src/etc/app.ts', 'note\n');

    expect(await tools.command(command)).toMatchObject({ status: 'SUCCEEDED', exitCode: 0 });
  });

  test.each([
    'du -a --files0-from=list',
    'wc --files0-from list',
    'md5sum -c list',
    'sha256sum --check list',
  ])('a strict policy refuses %j, which reads paths from a file', async (command) => {
    await using tools = await openTestTools();
    await tools.put('list', tools.outside);
    expect(await tools.command(command)).toMatchObject({ status: 'FAILED', errorCode: 'POLICY' });
  });

  test('a strict policy allows a path outside the workspace that its allow-list contains', async () => {
    await using tools = await openTestTools({ policy: 'allow: ["cat /etc/passwd", "/bin/echo"]' });

    expect(await tools.command('cat /etc/passwd')).toMatchObject({ status: 'SUCCEEDED' });
    expect(await tools.command('cat /etc/passwd /etc/group')).toMatchObject({ errorCode: 'POLICY' });
    expect(await tools.command('/bin/echo hi')).toMatchObject({ status: 'SUCCEEDED' });
    expect(await tools.command('echo hi')).toMatchObject({ errorCode: 'POLICY' });
  });

  test('a strict policy does not run a program of the workspace that has the name of an allowed command', async () => {
    const planted = '#!/bin/sh\necho planted\n';
    const env = (root: string) => {
      const link = `${root}/../outside/link`;
      symlinkSync(root, link);
      return { PATH: `${link}:${root}/bin:bin:.::${process.env['PATH']}` };
    };
    await using tools = await openTestTools({ env });
    await mkdir(join(tools.root, 'bin'));
    for (const path of ['bin/whoami', 'whoami'])
      await writeFile(join(tools.root, path), planted, { mode: 0o755 });

    expect((await tools.command('whoami')).result).not.toContain('planted');
  });

  test('a strict policy does not run a program of the workspace when PATH has only the workspace', async () => {
    await using tools = await openTestTools({ env: (root) => ({ PATH: root }) });
    await writeFile(join(tools.root, 'whoami'), '#!/bin/sh\necho planted\n', { mode: 0o755 });

    expect((await tools.command('whoami')).result).not.toContain('planted');
  });

  test('no tool writes files in a .git folder', async () => {
    await using tools = await openTestTools();

    for (const path of ['.git/config', 'sub/.GIT/hooks/pre-commit', '.git', '.g\u200cit/config']) {
      expect(await tools.call('write_file', { path, content: '[core]' })).toMatchObject({
        errorCode: 'POLICY',
      });
    }
  });

  test('a command of git does not use a folder that only looks like a repository', async () => {
    await using tools = await openTestTools({ policy: 'allow: [git status]' });
    const config = '[core]\nrepositoryformatversion = 0\nworktree = .\nfsmonitor = "touch planted; false"\n';
    await tools.put('HEAD', 'ref: refs/heads/main\n');
    await tools.put('config', config);
    await tools.put('objects/.keep', '');
    await tools.put('refs/.keep', '');

    expect(await tools.command('git status')).toMatchObject({ status: 'FAILED', exitCode: 128 });
    expect((await tools.call('list_files', {})).result).not.toContain('planted');
  });
});

describe('a permissive policy', () => {
  test('a permissive policy runs a command in a shell', async () => {
    await using tools = await openTestTools({ policy: 'mode: permissive' });

    const report = await tools.command('echo "$((6 * 7))" | tee made && ls *');

    expect(report).toEqual({ status: 'SUCCEEDED', result: '42\nmade\n', exitCode: 0 });
  });

  test.each(['sudo ls', '/usr/bin/sudo ls', 'ls; sudo ls', 'echo $(sudo ls)', 'rm -rf /', 'rm  -rf\t/'])(
    'a permissive policy refuses %j',
    async (command) => {
      await using tools = await openTestTools({ policy: 'mode: permissive' });

      const report = await tools.command(command);

      expect(report).toMatchObject({ status: 'FAILED', errorCode: 'POLICY' });
      expect(report.result).toMatch(/denies commands with "(sudo|rm -rf \/)" in them/);
    },
  );

  test('a deny-list replaces the default one', async () => {
    await using tools = await openTestTools({ policy: 'mode: permissive\ndeny: [git push]' });

    expect(await tools.command('echo sudo')).toMatchObject({ status: 'SUCCEEDED' });
    expect(await tools.command('git push origin')).toMatchObject({ errorCode: 'POLICY' });
  });
});

describe('any policy', () => {
  test('commands get only the environment variables that the policy names', async () => {
    const env = () => ({
      PATH: process.env['PATH'],
      LANG: 'C',
      ALICE: 'yes',
      AWS_SECRET_ACCESS_KEY: 'secret',
    });
    await using tools = await openTestTools({ policy: 'mode: permissive\nenvironment: [PATH, ALICE]', env });

    const { result } = await tools.command('env');

    expect(result).toContain('ALICE=yes');
    expect(result).not.toMatch(/secret|LANG/);
  });

  test('a policy that is not writable offers no tools that write', async () => {
    await using tools = await openTestTools({ policy: 'writable: false' });

    expect(tools.capabilities).toEqual(['run_command', 'read_file', 'list_files', 'search_files']);
    expect(await tools.call('write_file', { path: 'a', content: '' })).toMatchObject({ errorCode: 'POLICY' });
  });

  test('a policy limits time and output, whatever the gateway asks for', async () => {
    const policy = 'mode: permissive\ntimeoutMs: 300\nmaxOutputBytes: 1024';
    await using tools = await openTestTools({ policy });

    expect(await tools.command('sleep 60')).toMatchObject({ status: 'TIMED_OUT', errorCode: 'TIMEOUT' });
    const { result } = await tools.command('seq 100000', { maxOutputBytes: 1_000_000 });
    expect(Buffer.byteLength(result)).toBeLessThanOrEqual(1_024);
  });

  test.each([
    ['alow: [ls]', 'unknown key "alow" for this mode; the known keys are mode, allow'],
    ['mode: permissive\nallow: [ls]', 'unknown key "allow"'],
    ['deny: [ls]', 'unknown key "deny"'],
    ['mode: lax', 'mode must be strict or permissive'],
    ['allow: ls', 'allow: '],
    ['allow: [" "]', 'allow.0: must be words with one space between them'],
    ['environment: ["A=B"]', 'environment.0: must be the name of an environment variable'],
    ['timeoutMs: 0', 'timeoutMs: '],
    ['writable: "no"', 'writable: '],
    ['- ls', 'must be a YAML mapping'],
    ['allow: [', 'cannot be read'],
  ])('the policy %j is refused with a sentence that names the mistake', async (policy, complaint) => {
    await expect(openTestTools({ policy })).rejects.toMatchObject({
      name: 'AgentError',
      message: expect.stringContaining(complaint),
    });
  });

  test.each([
    ['mode: strict', true],
    ['writable: false', false],
    ['mode: permissive', false],
  ])(
    'a policy in the workspace is refused only if tools could change it and gain from it: %j',
    async (text, isRefused) => {
      await using tools = await openTestTools();
      await tools.put('policy.yaml', text);
      const link = join(tools.outside, 'link.yaml');
      await symlink(join(tools.root, 'policy.yaml'), link);

      const opened = openTools({ workspace: tools.root, policy: link, env: {} });

      if (isRefused) await expect(opened).rejects.toThrow('is in the workspace, where tools could change it');
      else (await opened)[Symbol.dispose]();
    },
  );
});
