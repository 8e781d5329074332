import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { chunkBytes } from '../../../src/sync/entry.ts';
import { MemoryWorkspace } from '../../support/sync/memory-workspace.ts';
import { Replicas, readTexts } from '../../support/sync/replicas.ts';

const inTime = () => AbortSignal.timeout(30_000);

function setUp() {
  const workspace = new MemoryWorkspace();
  return { workspace, replicas: new Replicas(workspace) };
}

describe('many files', () => {
  test('a rename of a folder with 300 files sends no content in either direction', async () => {
    const { workspace, replicas } = setUp();
    await using _ = replicas;
    const [a, b] = [replicas.folder('a'), replicas.folder('b')];
    mkdirSync(join(a, 'old/deep'), { recursive: true });
    for (let n = 0; n < 300; n += 1) writeFileSync(join(a, `old/deep/${n}`), `text ${n}`);
    const replica = replicas.start('a');
    replicas.start('b');
    await replica.flush(inTime());
    await expect.poll(() => readdirSync(b), { timeout: 30_000 }).toEqual(['old']);
    await expect.poll(() => Object.keys(readTexts(b)).length, { timeout: 30_000 }).toBe(300);
    const { sent, received } = workspace;
    for (let round = 0; round < 5; round += 1)
      renameSync(join(a, round === 0 ? 'old' : `new${round - 1}`), join(a, `new${round}`));
    await replica.flush(inTime());
    await expect.poll(() => readdirSync(b), { timeout: 30_000 }).toEqual(['new4']);
    await expect.poll(() => readTexts(b), { timeout: 30_000 }).toEqual(readTexts(a));
    expect([workspace.sent, workspace.received]).toEqual([sent, received]);
  });

  test('a checkout of another branch of a tree arrives as a whole, without the repository', async () => {
    const { workspace, replicas } = setUp();
    await using _ = replicas;
    const [a, b] = [replicas.folder('a'), replicas.folder('b')];
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', '-C', a, ...args]);
    const fill = (text: string, from: number, to: number) => {
      for (let n = from; n < to; n += 1) {
        mkdirSync(join(a, `d${n % 40}/e${n % 7}`), { recursive: true });
        writeFileSync(join(a, `d${n % 40}/e${n % 7}/${n}.txt`), `${text} ${n}`);
      }
    };
    git('init', '-q', '-b', 'one');
    fill('one', 0, 400);
    git('add', '.');
    git('commit', '-qm', 'one');
    git('checkout', '-qb', 'two');
    rmSync(join(a, 'd3'), { recursive: true });
    fill('two', 200, 600);
    git('add', '-A');
    git('commit', '-qm', 'two');
    const replica = replicas.start('a');
    replicas.start('b');
    await replica.flush(inTime());
    for (const branch of ['one', 'two', 'one']) {
      git('checkout', '-q', branch);
      await replica.flush(inTime());
      await expect.poll(() => readTexts(b), { timeout: 30_000 }).toEqual(readTexts(a));
    }
    expect(Object.keys(workspace.texts())).toHaveLength(400);
    expect(readdirSync(b)).not.toContain('.git');
  });
});

describe('ignored files', () => {
  test('stay out, until a rule changes while everything runs; what is synced stays so', async () => {
    const { workspace, replicas } = setUp();
    await using _ = replicas;
    const a = replicas.folder('a');
    mkdirSync(join(a, 'node_modules/x'), { recursive: true });
    mkdirSync(join(a, 'out/deep'), { recursive: true });
    for (const path of ['node_modules/x/i', 'out/deep/f', 'a.log', 'keep.log', '.DS_Store', 'src']) {
      writeFileSync(join(a, path), path);
    }
    writeFileSync(join(a, '.gitignore'), '*.log\n!keep.log\nout/\n');
    const replica = replicas.start('a');
    await replica.flush(inTime());
    expect(Object.keys(workspace.texts())).toEqual(['.gitignore', 'keep.log', 'src']);
    // The inner file, and the one of this system, have the last word.
    writeFileSync(join(a, '.switchyardignore'), 'src\n!out/\n!node_modules/\n');
    writeFileSync(join(a, 'out/.gitignore'), '*.tmp\n');
    writeFileSync(join(a, 'out/x.tmp'), 'tmp');
    await expect
      .poll(() => Object.keys(workspace.texts()))
      .toEqual([
        '.gitignore',
        '.switchyardignore',
        'keep.log',
        'node_modules/x/i',
        'out/.gitignore',
        'out/deep/f',
        'src',
      ]);
    writeFileSync(join(a, 'src'), 'changed');
    await replica.flush(inTime());
    expect(workspace.texts()['src']).toBe('changed');
  });
});

describe('large files', () => {
  test('go on where they were after a lost connection, and only changed chunks travel', async () => {
    const { workspace, replicas } = setUp();
    await using _ = replicas;
    const [a, b] = [replicas.folder('a'), replicas.folder('b')];
    const content = randomBytes(5 * chunkBytes + 10);
    writeFileSync(join(a, 'big'), content);
    await replicas.start('a').flush(inTime());
    expect(workspace.sent).toBe(content.length);
    const remote = workspace.remote('b');
    const { receive } = remote;
    let left = 3;
    remote.receive = async function* (...asked) {
      left -= 1;
      if (left === 0) throw new Error('The connection was lost.');
      yield* receive(...asked);
    };
    replicas.start('b', { remote });
    await expect
      .poll(() => statSync(join(b, 'big'), { throwIfNoEntry: false })?.size, { timeout: 30_000 })
      .toBe(content.length);
    expect(readFileSync(join(b, 'big')).equals(content)).toBe(true);
    expect(workspace.received).toBe(content.length);
    content[chunkBytes + 1] = (content[chunkBytes + 1] ?? 0) ^ 1;
    writeFileSync(join(a, 'big'), content);
    await replicas.find('a').flush(inTime());
    await expect.poll(() => readFileSync(join(b, 'big')).equals(content), { timeout: 30_000 }).toBe(true);
    expect(workspace.received).toBe(content.length + chunkBytes);
    await expect.poll(() => readdirSync(b)).toEqual(['big']);
  });

  test('that grow while they are read are sent when they have stopped', async () => {
    const { workspace, replicas } = setUp();
    await using _ = replicas;
    const a = replicas.folder('a');
    writeFileSync(join(a, 'log'), Buffer.alloc(3 * chunkBytes, 'x'));
    const replica = replicas.start('a');
    const writing = setInterval(() => appendFileSync(join(a, 'log'), 'more'), 5);
    await expect.poll(() => workspace.reports.get('a')?.at(-1)?.status).toBeDefined();
    for (let n = 0; n < 20; n += 1) await new Promise((resolve) => setImmediate(resolve));
    clearInterval(writing);
    await replica.flush(inTime());
    expect(workspace.texts()['log']).toBe(readFileSync(join(a, 'log')).toString());
  });
});

describe('what is remembered', () => {
  test('survives a line that was cut off, and a journal that is no journal', async () => {
    const { workspace, replicas } = setUp();
    await using _ = replicas;
    const a = replicas.folder('a');
    for (let n = 0; n < 20; n += 1) workspace.write(`${n}`, `text ${n}`);
    await replicas.start('a').flush(inTime());
    await expect.poll(() => readTexts(a)).toEqual(workspace.texts());
    await replicas.stop('a');
    const journal = join(replicas.stateFolder('a'), 'index.jsonl');
    truncateSync(journal, statSync(journal).size - 7);
    rmSync(join(a, '3'));
    await replicas.start('a').flush(inTime());
    expect(Object.keys(workspace.texts())).toHaveLength(19);
    await replicas.stop('a');
    writeFileSync(journal, randomBytes(1_000));
    await replicas.start('a').flush(inTime());
    await expect.poll(() => readTexts(a)).toEqual(workspace.texts());
    expect(Object.keys(workspace.texts())).toHaveLength(19);
  });

  test('is not used for another folder: nothing is deleted because a disk is not there', async () => {
    const { workspace, replicas } = setUp();
    await using _ = replicas;
    const a = replicas.folder('a');
    workspace.write('file', 'text');
    await replicas.start('a').flush(inTime());
    await expect.poll(() => readTexts(a)).toEqual({ file: 'text' });
    await replicas.stop('a');
    renameSync(a, `${a}.away`);
    mkdirSync(a);
    await replicas.start('a').flush(inTime());
    await expect.poll(() => readTexts(a)).toEqual({ file: 'text' });
    expect(workspace.texts()).toEqual({ file: 'text' });
  });
});

test('nothing is written while somebody holds the replica', async () => {
  const { workspace, replicas } = setUp();
  await using _ = replicas;
  const a = replicas.folder('a');
  workspace.write('file', 'one');
  const replica = replicas.start('a');
  await expect.poll(() => readTexts(a)).toEqual({ file: 'one' });
  const release = await replica.hold();
  workspace.write('file', 'two');
  await expect.poll(() => readdirSync(join(a, '.switchyard/incoming-w'))).toHaveLength(1);
  expect(readTexts(a)).toEqual({ file: 'one' });
  writeFileSync(join(a, 'file'), 'mine');
  release();
  await replica.flush(inTime());
  await expect.poll(() => Object.values(readTexts(a)).sort()).toEqual(['mine', 'two']);
});

// Only root may mount a file system that is small enough to be filled.
test.skipIf(process.getuid?.() !== 0)(
  'a full disk is an error, leaves nothing behind, and is over when there is room',
  async () => {
    const { workspace, replicas } = setUp();
    await using _ = replicas;
    const a = replicas.folder('a');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', a]);
    try {
      writeFileSync(join(a, 'filler'), Buffer.alloc(1_500_000));
      workspace.write('large', 'x'.repeat(1_000_000));
      workspace.write('small', 'text');
      replicas.start('a');
      await expect
        .poll(() => workspace.reports.get('a')?.at(-1))
        .toMatchObject({
          status: 'ERROR',
          error: 'The disk is full.',
        });
      expect(Object.keys(readTexts(a))).not.toContain('large');
      rmSync(join(a, 'filler'));
      await expect.poll(() => readTexts(a)['large']?.length, { timeout: 30_000 }).toBe(1_000_000);
      await expect.poll(() => workspace.reports.get('a')?.at(-1)?.status).toBe('SYNCED');
      expect(readTexts(a)['small']).toBe('text');
    } finally {
      await replicas.stop('a');
      execFileSync('umount', [a]);
    }
  },
);

test('where watching is not possible, changes are found all the same', async () => {
  const { workspace, replicas } = setUp();
  await using _ = replicas;
  const a = replicas.folder('a');
  const replica = replicas.start('a', { rescanMs: 300 });
  await replica.flush(inTime());
  mkdirSync(join(a, 'node_modules'));
  // Nobody watches this folder, but a rule brings it back.
  writeFileSync(join(a, '.switchyardignore'), '!node_modules/\n');
  await replica.flush(inTime());
  writeFileSync(join(a, 'node_modules/file'), 'text');
  await expect.poll(() => workspace.texts()['node_modules/file']).toBe('text');
});
