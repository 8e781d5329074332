import { chmodSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MemoryWorkspace } from '../../support/sync/memory-workspace.ts';
import { Replicas, readTexts } from '../../support/sync/replicas.ts';

const inTime = () => AbortSignal.timeout(20_000);

function setUp() {
  const workspace = new MemoryWorkspace();
  return { workspace, replicas: new Replicas(workspace) };
}

describe('a replica', () => {
  test('sends what is in its folder and writes what is in the workspace', async () => {
    const { workspace, replicas } = setUp();
    await using _ = replicas;
    const folder = replicas.folder('a');
    mkdirSync(join(folder, 'src/deep'), { recursive: true });
    writeFileSync(join(folder, 'src/deep/x.txt'), 'from a');
    writeFileSync(join(folder, 'run.sh'), '#!/bin/sh', { mode: 0o755 });
    symlinkSync('/nowhere', join(folder, 'link'));
    workspace.write('docs/readme.md', 'from the workspace', 0o600);
    const replica = replicas.start('a');
    await replica.flush(inTime());
    await expect.poll(() => readTexts(folder)).toEqual(workspace.texts());
    expect(workspace.texts()).toEqual({
      'docs/readme.md': 'from the workspace',
      link: '-> /nowhere',
      'run.sh': '#!/bin/sh',
      'src/deep/x.txt': 'from a',
    });
    expect(statSync(join(folder, 'docs/readme.md')).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'docs/readme.md')).mtimeMs).toBeCloseTo(1_700_000_000_123, 0);
    expect(workspace.tree.get('run.sh')).toMatchObject({ mode: 0o755 });
    await expect
      .poll(() => workspace.reports.get('a')?.at(-1))
      .toMatchObject({
        status: 'SYNCED',
        manifestHash: workspace.tree.hash(),
      });
  });

  test('passes on every kind of change to another replica', async () => {
    const { workspace, replicas } = setUp();
    await using _ = replicas;
    const [a, b] = [replicas.folder('a'), replicas.folder('b')];
    for (const name of ['one', 'two', 'three']) {
      mkdirSync(join(a, name));
      writeFileSync(join(a, name, 'file'), name);
    }
    const replica = replicas.start('a');
    replicas.start('b');
    await replica.flush(inTime());
    await expect.poll(() => readTexts(b)).toEqual(readTexts(a));
    rmSync(join(a, 'one'), { recursive: true });
    writeFileSync(join(a, 'one'), 'a file now');
    renameSync(join(a, 'two'), join(a, 'moved'));
    chmodSync(join(a, 'three/file'), 0o700);
    await replica.flush(inTime());
    await expect.poll(() => readTexts(b)).toEqual(readTexts(a));
    await expect.poll(() => statSync(join(b, 'three/file')).mode & 0o777).toBe(0o700);
    expect(workspace.received).toBe('onetwothree'.length + 'a file now'.length);
    rmSync(join(a, 'one'));
    mkdirSync(join(a, 'one'));
    writeFileSync(join(a, 'one/again'), 'a folder again');
    await replica.flush(inTime());
    await expect.poll(() => readTexts(b)).toEqual(readTexts(a));
  });

  test('notices changes by itself', async () => {
    const { workspace, replicas } = setUp();
    await using _ = replicas;
    const folder = replicas.folder('a');
    const replica = replicas.start('a');
    await replica.flush(inTime());
    mkdirSync(join(folder, 'new/deep'), { recursive: true });
    writeFileSync(join(folder, 'new/deep/file'), 'text');
    await expect.poll(() => workspace.texts()).toEqual({ 'new/deep/file': 'text' });
    writeFileSync(join(folder, 'new/deep/file'), 'other');
    await expect.poll(() => workspace.texts()).toEqual({ 'new/deep/file': 'other' });
    rmSync(join(folder, 'new'), { recursive: true });
    await expect.poll(() => workspace.texts()).toEqual({});
  });

  test('keeps both versions when both sides have changed a file', async () => {
    const { workspace, replicas } = setUp();
    await using _ = replicas;
    const folder = replicas.folder('a');
    workspace.write('file', 'first');
    await replicas.start('a').flush(inTime());
    await expect.poll(() => readTexts(folder)).toEqual({ file: 'first' });
    await replicas.stop('a');
    writeFileSync(join(folder, 'file'), 'mine');
    workspace.write('file', 'theirs');
    await replicas.start('a').flush(inTime());
    await expect.poll(() => readTexts(folder)).toEqual(workspace.texts());
    expect(Object.values(workspace.texts()).sort()).toEqual(['mine', 'theirs']);
    expect(workspace.texts()['file']).toBe('theirs');
  });

  test('deletes nothing that was changed, on either side', async () => {
    const { workspace, replicas } = setUp();
    await using _ = replicas;
    const folder = replicas.folder('a');
    workspace.write('here', 'first');
    workspace.write('there', 'first');
    await replicas.start('a').flush(inTime());
    await expect.poll(() => Object.keys(readTexts(folder))).toHaveLength(2);
    await replicas.stop('a');
    rmSync(join(folder, 'here'));
    workspace.write('here', 'changed');
    writeFileSync(join(folder, 'there'), 'changed');
    workspace.delete('there');
    await replicas.start('a').flush(inTime());
    await expect.poll(() => readTexts(folder)).toEqual({ here: 'changed', there: 'changed' });
    await expect.poll(() => workspace.texts()).toEqual({ here: 'changed', there: 'changed' });
  });

  test.each([
    {
      what: 'deletes and edits the same files without a conflict',
      sent: { deleted: 'second', edited: 'second', kept: 'first' },
      afterwards: { edited: 'third', kept: 'first' },
    },
    {
      what: 'has a file again that it had deleted',
      sent: { edited: 'first', kept: 'first' },
      afterwards: { deleted: 'first', edited: 'first', kept: 'first' },
    },
  ])('that was killed before it heard what became of its changes $what', async ({ sent, afterwards }) => {
    const { workspace, replicas } = setUp();
    await using _ = replicas;
    const folder = replicas.folder('a');
    const write = (texts: Record<string, string>) => {
      for (const name of Object.keys(readTexts(folder))) if (!(name in texts)) rmSync(join(folder, name));
      for (const [name, text] of Object.entries(texts)) {
        if (readTexts(folder)[name] !== text) writeFileSync(join(folder, name), text);
      }
    };
    write({ deleted: 'first', edited: 'first', kept: 'first' });
    await replicas.start('a').flush(inTime());
    const fail = () => {
      throw new Error('The connection was lost.');
    };
    workspace.onChanged = () => {
      workspace.onRequest = fail;
      fail();
    };
    write(sent);
    await expect.poll(() => workspace.texts()).toEqual(sent);
    await replicas.stop('a');
    workspace.onChanged = () => {};
    workspace.onRequest = () => {};
    write(afterwards);
    await replicas.start('a').flush(inTime());
    await expect.poll(() => workspace.texts()).toEqual(afterwards);
    await expect.poll(() => readTexts(folder)).toEqual(afterwards);
  });

  test('moves only what differs when it has forgotten everything', async () => {
    const { workspace, replicas } = setUp();
    await using _ = replicas;
    const folder = replicas.folder('a');
    for (let n = 0; n < 50; n += 1) workspace.write(`f/${n}`, `text ${n}`);
    await replicas.start('a').flush(inTime());
    await expect.poll(() => readTexts(folder)).toEqual(workspace.texts());
    await replicas.stop('a');
    rmSync(replicas.stateFolder('a'), { recursive: true });
    writeFileSync(join(folder, 'f/1'), 'mine');
    const { received, sent } = workspace;
    await replicas.start('a').flush(inTime());
    await expect.poll(() => readTexts(folder)).toEqual(workspace.texts());
    expect(workspace.texts()['f/1']).toBe('text 1');
    expect(Object.values(workspace.texts())).toContain('mine');
    expect(workspace.received - received).toBe('text 1'.length);
    expect(workspace.sent - sent).toBe('mine'.length);
  });

  test('compares folders when the workspace has forgotten what was deleted', async () => {
    const { workspace, replicas } = setUp();
    await using _ = replicas;
    const folder = replicas.folder('a');
    for (const path of ['a/1', 'a/2', 'b/1', 'c/d/e']) workspace.write(path, path);
    await replicas.start('a').flush(inTime());
    await expect.poll(() => readTexts(folder)).toEqual(workspace.texts());
    await replicas.stop('a');
    workspace.delete('a/2');
    workspace.delete('c/d/e');
    workspace.write('b/2', 'new');
    workspace.prunedRevision = workspace.revision;
    const asked: string[] = [];
    workspace.onRequest = (name) => asked.push(name);
    await replicas.start('a').flush(inTime());
    await expect.poll(() => readTexts(folder)).toEqual({ 'a/1': 'a/1', 'b/1': 'b/1', 'b/2': 'new' });
    expect(asked.filter((name) => name === 'folder')).toHaveLength(3);
  });
});
