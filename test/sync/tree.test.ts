import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Entry, hashOf } from '../../src/sync/entry.ts';
import { Tree } from '../../src/sync/tree.ts';

function file(path: string, text = path, mode = 0o644): Entry {
  return { kind: 'file', path, sha256: hashOf(text), size: text.length, mode, modifiedAt: 0 };
}

function link(path: string, target: string): Entry {
  return { kind: 'link', path, target, sha256: hashOf(target), modifiedAt: 0 };
}

function treeOf(entries: readonly Entry[]): Tree {
  const tree = new Tree();
  for (const entry of entries) tree.set(entry);
  return tree;
}

const names = fc.constantFrom('a', 'b', 'A', 'é', 'e\u0301', 'new\nline', '😀', 'src');
const paths = fc.array(names, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
const changes = fc.array(
  fc.record({ path: paths, text: fc.option(fc.constantFrom('1', '2', '3'), { nil: undefined }) }),
  { maxLength: 30 },
);

describe('the hash of a tree', () => {
  test('depends on what is in it, not on how it came about', () => {
    fc.assert(
      fc.property(changes, (steps) => {
        const tree = new Tree();
        for (const { path, text } of steps) {
          if (text === undefined) tree.delete(path);
          else tree.set(file(path, text));
          // Asking in between must not leave a hash that is out of date.
          tree.hash();
        }
        const fresh = treeOf([...tree.entries()].reverse());
        expect(tree.hash()).toBe(fresh.hash());
        expect([tree.size, tree.bytes]).toEqual([fresh.size, fresh.bytes]);
      }),
    );
  });

  test('differs when content, mode, kind, name or place differ', () => {
    const base = [file('a/b', 'text'), file('c', 'text')];
    const others = [
      [],
      [file('a/b', 'texts'), file('c', 'text')],
      [file('a/b', 'text', 0o755), file('c', 'text')],
      [link('a/b', 'text'), file('c', 'text')],
      [file('a/B', 'text'), file('c', 'text')],
      [file('b', 'text'), file('c', 'text')],
      [file('a/b', 'text')],
    ];
    const hashes = [base, ...others].map((entries) => treeOf(entries).hash());
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  test('does not depend on times', () => {
    expect(treeOf([{ ...file('a'), modifiedAt: 5 }]).hash()).toBe(treeOf([file('a')]).hash());
  });
});

describe('a tree', () => {
  test('lists a folder one level deep, with folders that have something in them', () => {
    const tree = treeOf([file('a/b/c'), file('a/d'), file('e')]);
    expect(tree.list('a')).toMatchObject({ folders: ['b'], entries: [{ path: 'a/d' }] });
    expect(tree.hash('a/b')).toBe(treeOf([file('c', 'a/b/c')]).hash());
    tree.delete('a/b/c');
    expect(tree.list('a')).toMatchObject({ folders: [], entries: [{ path: 'a/d' }] });
    expect(tree.list('nowhere')).toEqual({ folders: [], entries: [] });
  });
});
