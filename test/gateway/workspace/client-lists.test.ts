import { expect, test } from 'vitest';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { openSharedFiles, type SharedFiles } from '../../support/gateway/shared-files.ts';
import { shareGateway } from '../../support/gateway/shared-gateway.ts';

const shared = shareGateway(() => startTestGateway());

const paths = [
  'b.txt',
  'a/2',
  'a/10',
  'a/c/d/e',
  'a.txt',
  'a/B',
  'Z',
  'é',
  'a\u0000'.replace('\0', '!'),
  '🌍',
  '\uffee',
];

async function openWith(all: readonly string[]): Promise<SharedFiles> {
  const files = await openSharedFiles(shared());
  for (const path of all) await files.write(path, path);
  return files;
}

interface Page {
  totalCount: number;
  edges: { cursor: string; node: { path: string } }[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

const page = 'totalCount edges { cursor node { path } } pageInfo { hasNextPage endCursor }';
const pathsOf = ({ edges }: Page) => edges.map(({ node }) => node.path);

/** Reads a list to its end, a few items at a time. */
async function readAll(files: SharedFiles, list: string, first: number): Promise<string[]> {
  const all: string[] = [];
  for (let after: string | null = ''; after !== null; ) {
    const read: { list: Page } = await files.read(
      `list: ${list.replace('(', '(first: $first, after: $after, ')} { ${page} }`,
      { first, after },
    );
    all.push(...pathsOf(read.list));
    after = read.list.pageInfo.hasNextPage ? read.list.pageInfo.endCursor : null;
  }
  return all;
}

test('all files are listed by path, page by page, in both directions', async () => {
  const files = await openWith(paths);
  const sorted = paths.toSorted((a, b) => (a < b ? -1 : 1));
  for (const first of [1, 3, 100]) expect(await readAll(files, 'files(under: null)', first)).toEqual(sorted);
  const { last } = await files.read(`last: files(last: 3) { ${page} }`);
  expect(pathsOf(last)).toEqual(sorted.slice(-3));
  const { before } = await files.read(`before: files(last: 2, before: $before) { ${page} }`, {
    before: last.edges[0].cursor,
  });
  expect(pathsOf(before)).toEqual(sorted.slice(-5, -3));
  expect(last.totalCount).toBe(paths.length);
});

test('the files under a folder are those in it and below it, and not those whose name only begins so', async () => {
  const files = await openWith(paths);
  expect(await readAll(files, 'files(under: "a")', 2)).toEqual(['a/10', 'a/2', 'a/B', 'a/c/d/e']);
  const { under } = await files.read(`under: files(under: "a", first: 1) { ${page} }`);
  expect(under.totalCount).toBe(4);
  expect(await readAll(files, 'files(under: "nowhere")', 2)).toEqual([]);
});

test('a folder is listed with its folders first, each sorted by name', async () => {
  const files = await openWith(['b', 'a', 'z/1', 'y/1', 'y/x/2', 'a.txt']);
  for (const first of [1, 2, 100]) {
    expect(await readAll(files, 'entries(folder: null)', first)).toEqual(['y', 'z', 'a', 'a.txt', 'b']);
  }
  expect(await readAll(files, 'entries(folder: "y")', 1)).toEqual(['y/x', 'y/1']);
  const { entries } = await files.read(
    'entries(folder: "y", last: 1) { totalCount edges { node { name file { path } } } }',
  );
  expect(entries).toEqual({ totalCount: 2, edges: [{ node: { name: '1', file: { path: 'y/1' } } }] });
  expect(await readAll(files, 'entries(folder: "a.txt")', 2)).toEqual([]);
});

test('a page goes on behind a file that was deleted meanwhile', async () => {
  const files = await openWith(['1', '2', '3']);
  const { first } = await files.read(`first: files(first: 2) { ${page} }`);
  await files.delete('2');
  const { rest } = await files.read(`rest: files(after: $after) { ${page} }`, {
    after: first.pageInfo.endCursor,
  });
  expect(pathsOf(rest)).toEqual(['3']);
});

test('a cursor of another list, or none, is refused', async () => {
  const files = await openWith(['1']);
  for (const after of ['!', Buffer.from('cursor:1').toString('base64url'), 'x'.repeat(5_000)]) {
    for (const list of ['files', 'entries']) {
      await expect(files.read(`${list}(after: $after) { totalCount }`, { after })).rejects.toMatchObject({
        code: 'BAD_USER_INPUT',
        field: 'after',
      });
    }
  }
});

test('a page of many texts is refused when they are more than a result may have', async () => {
  await using small = await startTestGateway({ settings: { MAX_RESPONSE_BYTES: '2000000' } });
  const files = await openSharedFiles(small);
  for (const path of ['1', '2', '3']) await files.write(path, 'x'.repeat(900_000));
  expect(await files.read('files(first: 2) { edges { node { text } } }')).toBeDefined();
  await expect(files.read('files { edges { node { text } } }')).rejects.toMatchObject({
    code: 'QUERY_TOO_COMPLEX',
  });
});
