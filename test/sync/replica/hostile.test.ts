import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hashOf } from '../../../src/sync/entry.ts';
import { MemoryWorkspace } from '../../support/sync/memory-workspace.ts';
import { Replicas, readTexts } from '../../support/sync/replicas.ts';

const inTime = () => AbortSignal.timeout(20_000);

function setUp() {
  const workspace = new MemoryWorkspace();
  const replicas = new Replicas(workspace);
  const outside = realpathSync(mkdtempSync(join(tmpdir(), 'outside-')));
  return {
    workspace,
    replicas,
    outside,
    async [Symbol.asyncDispose]() {
      await replicas[Symbol.asyncDispose]();
      rmSync(outside, { recursive: true, force: true });
    },
  };
}

/** An entry of a file with this text, which the workspace has. */
function entryOf(workspace: MemoryWorkspace, path: string, text = 'evil') {
  const sha256 = hashOf(text);
  workspace.chunks.set(sha256, Buffer.from(text));
  return { kind: 'file' as const, path, sha256, size: text.length, mode: 0o644, modifiedAt: 1 };
}

describe('a hostile workspace', () => {
  test('writes files under the names of devices as any others, and opens no device', async () => {
    await using house = setUp();
    const { workspace, replicas } = house;
    const names = [
      'CON',
      'NUL',
      'nul.txt',
      'aux',
      'COM1',
      'lpt1.log',
      'dev/null',
      'dev/tty',
      'proc/self/mem',
    ];
    for (const path of names) workspace.put(entryOf(workspace, path));
    for (const path of ['/dev/null', '../dev/null']) workspace.put(entryOf(workspace, path));
    await replicas.start('a').flush(inTime());
    const expected = Object.fromEntries(names.map((name) => [name, 'evil']));
    await expect.poll(() => readTexts(replicas.folder('a'))).toEqual(expected);
  });

  test('writes nothing outside of the folder, whatever its paths are', async () => {
    await using house = setUp();
    const { workspace, replicas } = house;
    const folder = replicas.folder('a');
    const evil = [
      '../evil',
      '/tmp/switchyard-evil',
      'x/../../evil',
      './evil',
      'x//evil',
      '.git/hooks/pre-commit',
      '.GIT/config',
      'deep/.git/config',
      '.switchyard/state/w/index.jsonl',
      '.swi\u200btchyard/evil',
      'nul\0evil',
      'half\ud800',
      `${'x/'.repeat(100)}evil`,
      'n'.repeat(300),
    ];
    for (const path of evil) workspace.put(entryOf(workspace, path));
    workspace.put({ ...entryOf(workspace, 'told'), path: 'other' });
    workspace.write('good', 'good');
    await replicas.start('a').flush(inTime());
    await expect.poll(() => readTexts(folder)).toEqual({ good: 'good', other: 'evil' });
    expect(readdirSync(join(folder, '..')).sort()).toEqual(['a', 'a.state']);
    expect(existsSync(join(folder, '.git'))).toBe(false);
    expect(existsSync('/tmp/switchyard-evil')).toBe(false);
  });

  test('follows no link that the workspace itself has made', async () => {
    await using house = setUp();
    const { workspace, replicas, outside } = house;
    const folder = replicas.folder('a');
    const link = {
      kind: 'link' as const,
      path: 'd',
      target: outside,
      sha256: hashOf(outside),
      modifiedAt: 1,
    };
    workspace.put(link);
    workspace.put(entryOf(workspace, 'd/evil'));
    const replica = replicas.start('a');
    await replica.flush(inTime());
    await expect.poll(() => readTexts(folder)['d']).toBe(`-> ${outside}`);
    await replica.flush(inTime());
    await expect.poll(() => workspace.reports.get('a')?.at(-1)).toMatchObject({ status: 'ERROR' });
    expect(readdirSync(outside)).toEqual([]);
  });

  test('contents that have not their hash, or another size than they should, are not written', async () => {
    await using house = setUp();
    const { workspace, replicas } = house;
    const folder = replicas.folder('a');
    workspace.put({ ...entryOf(workspace, 'size'), size: 3 });
    const chunks = ['a', 'b'].map((letter) => Buffer.alloc(letter === 'a' ? 4_194_304 : 5, letter));
    for (const chunk of chunks) workspace.chunks.set(hashOf(chunk), chunk);
    workspace.put({
      ...entryOf(workspace, 'whole'),
      sha256: hashOf('something else'),
      size: 4_194_309,
      chunks: chunks.map(hashOf),
    });
    workspace.write('good', 'good');
    await replicas.start('a').flush(inTime());
    await expect
      .poll(() => workspace.reports.get('a')?.at(-1))
      .toMatchObject({
        status: 'ERROR',
        skipped: [
          { path: 'size', reason: 'The workspace has other bytes than it says.' },
          { path: 'whole', reason: 'The workspace has other bytes than it says.' },
        ],
      });
    expect(readTexts(folder)).toEqual({ good: 'good' });
  });

  test('more files than there may be are an error, and fill no memory', async () => {
    await using house = setUp();
    const { workspace, replicas } = house;
    const folder = replicas.folder('a');
    let made = 0;
    const remote = workspace.remote('a');
    remote.changedAfter = async () => ({
      revision: 1_000_000,
      paths: (async function* () {
        for (; made < 1_000_000; made += 1) {
          const path = `f${made}`;
          yield { path, revision: made + 1, entry: entryOf(workspace, path) };
        }
      })(),
    });
    replicas.start('a', { remote, maxFiles: 10_000 });
    await expect
      .poll(() => workspace.reports.get('a')?.at(-1)?.error)
      .toBe('The workspace has more than 10000 files.');
    expect(made).toBeLessThan(11_000);
    expect(readTexts(folder)).toEqual({});
  });
});

describe('a program that plants links in the folder', () => {
  test('makes the replica write nowhere else, while it writes', async () => {
    await using house = setUp();
    const { workspace, replicas, outside } = house;
    const folder = replicas.folder('a');
    const remote = workspace.remote('a');
    const { receive } = remote;
    // Between the check and the use: the contents are asked for when the folder has been looked at.
    let isPlanted = false;
    remote.receive = async function* (...asked) {
      if (!isPlanted) {
        rmSync(join(folder, 'd'), { recursive: true, force: true });
        symlinkSync(outside, join(folder, 'd'));
      }
      isPlanted = true;
      yield* receive(...asked);
    };
    mkdirSync(join(folder, 'd'));
    workspace.write('d/one', '1');
    workspace.write('d/e/two', '2');
    workspace.write('three', '3');
    const replica = replicas.start('a', { remote });
    await expect.poll(() => readTexts(folder)).toMatchObject({ three: '3' });
    await replica.flush(inTime());
    // The link is a change of the replica, which is kept beside the files that are in its way.
    await expect.poll(() => readTexts(folder)).toMatchObject({ 'd/one': '1', 'd/e/two': '2', three: '3' });
    expect(Object.values(workspace.texts())).toContain(`-> ${outside}`);
    expect(readdirSync(outside)).toEqual([]);
  });

  test('makes the replica read nowhere else', async () => {
    await using house = setUp();
    const { workspace, replicas, outside } = house;
    const folder = replicas.folder('a');
    mkdirSync(join(folder, 'd'));
    writeFileSync(join(folder, 'd/file'), 'mine');
    writeFileSync(join(outside, 'file'), 'secret');
    const replica = replicas.start('a');
    await replica.flush(inTime());
    renameSync(join(folder, 'd'), join(folder, 'moved'));
    symlinkSync(outside, join(folder, 'd'));
    symlinkSync(join(outside, 'file'), join(folder, 'leak'));
    await replica.flush(inTime());
    expect(workspace.texts()).toEqual({
      d: `-> ${outside}`,
      leak: `-> ${outside}/file`,
      'moved/file': 'mine',
    });
    expect([...workspace.chunks.values()].map((bytes) => Buffer.from(bytes).toString())).toEqual(['mine']);
  });

  test('makes the replica delete nothing else', async () => {
    await using house = setUp();
    const { workspace, replicas, outside } = house;
    const folder = replicas.folder('a');
    workspace.write('d/file', 'text');
    const replica = replicas.start('a');
    await expect.poll(() => readTexts(folder)).toEqual({ 'd/file': 'text' });
    await replicas.stop('a');
    writeFileSync(join(outside, 'file'), 'text');
    rmSync(join(folder, 'd'), { recursive: true });
    symlinkSync(outside, join(folder, 'd'));
    workspace.delete('d/file');
    void replica;
    await replicas.start('a').flush(inTime());
    expect(readFileSync(join(outside, 'file')).toString()).toBe('text');
    expect(workspace.texts()).toEqual({ d: `-> ${outside}` });
  });

  test('cannot lead the files that are not complete elsewhere', async () => {
    await using house = setUp();
    const { workspace, replicas, outside } = house;
    const folder = replicas.folder('a');
    symlinkSync(outside, join(folder, '.switchyard'));
    workspace.write('file', 'text');
    replicas.start('a');
    await expect.poll(() => workspace.reports.get('a')?.at(-1)?.status).toBe('ERROR');
    expect(readdirSync(outside)).toEqual([]);
    expect(readTexts(folder)).toEqual({});
  });
});

test('pipes, sockets and names that are not valid UTF-8 are named, and everything else is synced', async () => {
  await using house = setUp();
  const { workspace, replicas } = house;
  const folder = replicas.folder('a');
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/bad-`), Buffer.from([0xff])]), 'x');
  writeFileSync(join(folder, 'line\nbreak'), '1');
  writeFileSync(join(folder, '🙂\u0007'), '2');
  writeFileSync(join(folder, 'caf\u00e9'), '3');
  writeFileSync(join(folder, 'cafe\u0301'), '4');
  await replicas.start('a').flush(inTime());
  await expect
    .poll(() => workspace.reports.get('a')?.at(-1))
    .toMatchObject({
      status: 'SYNCED',
      skipped: expect.arrayContaining([
        { path: 'pipe', reason: 'It is no file, folder or link.' },
        { path: 'bad-\ufffd', reason: 'Its name is not valid UTF-8.' },
      ]),
    });
  expect(workspace.texts()).toEqual({
    'line\nbreak': '1',
    '🙂\u0007': '2',
    'caf\u00e9': '3',
    'cafe\u0301': '4',
  });
});

test('a file system that takes two names for the same one gets only the first, and the other is named', async () => {
  await using house = setUp();
  const { workspace, replicas } = house;
  const folder = replicas.folder('a');
  for (const path of ['Readme', 'README', 'Src/a', 'src/b', 'caf\u00e9', 'cafe\u0301'])
    workspace.write(path, path);
  const sameNames = { ignoresCase: true, ignoresForm: true };
  await replicas.start('a', { sameNames }).flush(inTime());
  await expect.poll(() => Object.keys(readTexts(folder))).toEqual(['Readme', 'Src/a', 'caf\u00e9']);
  await expect
    .poll(() => workspace.reports.get('a')?.at(-1))
    .toMatchObject({
      status: 'SYNCED',
      skipped: [
        { path: 'README', reason: 'This file system cannot hold it beside "Readme".' },
        { path: 'cafe\u0301', reason: 'This file system cannot hold it beside "caf\u00e9".' },
        { path: 'src/b', reason: 'This file system cannot hold it beside "Src".' },
      ],
    });
});
