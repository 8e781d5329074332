import { describe, expect, test } from 'vitest';
import { sha256Of } from '../../support/gateway/audio-upload.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { openSharedFiles } from '../../support/gateway/shared-files.ts';
import { shareGateway } from '../../support/gateway/shared-gateway.ts';

const shared = shareGateway(() => startTestGateway());
const open = () => openSharedFiles(shared());

const hello = 'Hello, Ünï 🌍.\n';
const helloHash = sha256Of(Buffer.from(hello));

/** Names that are allowed, and that addresses and other systems treat in their own way. */
const oddNames = [
  'with space.txt',
  'line\nbreak',
  '100% #1?a=b&c;d',
  '%2e%2e',
  'back\\slash',
  '..\\up',
  'emoji 👩‍👩‍👧',
  'e\u0301 and \u00e9',
  '...',
  '-rf',
  'it\'s "quoted"',
  'x'.repeat(255),
];

describe('a file of a workspace', () => {
  test('a file that a client writes is read back with its text, size, hash, mode and address', async () => {
    const files = await open();
    const written = await files.write('docs/hello.txt', hello);
    expect(written).toEqual({
      path: 'docs/hello.txt',
      size: Buffer.byteLength(hello),
      mode: 0o644,
      sha256: helloHash,
      modifiedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      linkTarget: null,
      text: hello,
      downloadUrl: `/workspaces/${files.workspaceId}/files/docs/hello.txt`,
    });
    const found = await files.read('file(path: $path) { path text sha256 } fileCount totalBytes', {
      path: 'docs/hello.txt',
    });
    expect(found).toEqual({
      file: { path: 'docs/hello.txt', text: hello, sha256: helloHash },
      fileCount: 1,
      totalBytes: Buffer.byteLength(hello),
    });
    expect(await files.read('file(path: "docs") { path }')).toEqual({ file: null });
  });

  test('a file is overwritten only if it is the one that the client has seen, where the client says so', async () => {
    const files = await open();
    await files.write('a.txt', 'one', '');
    const conflict = { code: 'CONFLICT' };
    await expect(files.write('a.txt', 'two', '')).rejects.toMatchObject(conflict);
    await expect(files.write('a.txt', 'two', helloHash)).rejects.toMatchObject(conflict);
    await expect(files.write('b.txt', 'two', helloHash)).rejects.toMatchObject(conflict);
    expect((await files.read('file(path: "a.txt") { text }')).file.text).toBe('one');

    await files.write('a.txt', 'two', sha256Of(Buffer.from('one')));
    await files.write('a.txt', 'three');
    expect((await files.read('file(path: "a.txt") { text }')).file.text).toBe('three');
  });

  test('a file, and a folder with all that is in it, is deleted', async () => {
    const files = await open();
    for (const path of ['a/1', 'a/b/2', 'ab', 'c']) await files.write(path, path);
    expect(await files.delete('a')).toEqual({ deleteWorkspaceFile: { fileCount: 2, totalBytes: 3 } });
    await files.delete('c');
    const { files: left } = await files.read('files { totalCount edges { node { path } } }');
    expect(left).toEqual({ totalCount: 1, edges: [{ node: { path: 'ab' } }] });
    await expect(files.delete('a')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('an upload of several chunks, and of no byte, arrives as it was sent', async () => {
    const files = await open();
    const large = Buffer.alloc(9_000_000, 'many bytes ');
    for (const bytes of [large, Buffer.alloc(0)]) {
      const { data, errors } = await files.upload('data.bin', bytes);
      expect(errors).toBeUndefined();
      expect(data.uploaded).toMatchObject({ size: bytes.length, sha256: sha256Of(bytes) });
      const response = await fetch(`${shared().url}${data.uploaded.downloadUrl}`);
      expect(sha256Of(await response.bytes())).toBe(sha256Of(bytes));
    }
    const taken = await files.upload('data.bin', Buffer.from('x'), '');
    expect(taken.errors?.[0]?.extensions).toMatchObject({ code: 'CONFLICT' });
  });

  test('there is no text for a file of other bytes, nor for one of more than 1 MiB', async () => {
    const files = await open();
    await files.upload('picture', Buffer.from([0x89, 0x50, 0, 0xff]));
    await files.upload('latin', Buffer.from('caf\u00e9', 'latin1'));
    await files.upload('large', Buffer.alloc(1_048_577, 'a'));
    await files.upload('fits', Buffer.alloc(1_048_576, 'a'));
    await files.upload('empty', Buffer.alloc(0));
    const read = await files.read('files { edges { node { path text } } }');
    const texts = read.files.edges.map(({ node }: { node: { path: string; text: string | null } }) => [
      node.path,
      node.text?.length ?? null,
    ]);
    expect(texts).toEqual([
      ['empty', 0],
      ['fits', 1_048_576],
      ['large', null],
      ['latin', null],
      ['picture', null],
    ]);
  });

  test('a symbolic link is shown with where it leads, and not followed', async () => {
    const files = await open();
    await files.write('secret.txt', 'secret');
    const target = 'secret.txt';
    const entry = {
      kind: 'link',
      path: 'link',
      sha256: sha256Of(Buffer.from(target)),
      target,
      modifiedAt: 0,
    } as const;
    await shared().services.workspaces.commit(files.databaseId, [{ path: 'link', base: null, entry }], {
      kind: 'client',
    });
    const { file } = await files.read('file(path: "link") { size mode linkTarget text downloadUrl sha256 }');
    expect(file).toMatchObject({ size: 0, mode: 0, linkTarget: target, text: null });
    const response = await fetch(`${shared().url}${file.downloadUrl}`);
    expect(await response.text()).toBe(target);
    expect(response.headers.get('etag')).toBe(`"${file.sha256}"`);
  });

  test.each(oddNames)('a file called %j is written, listed, read, downloaded and deleted', async (name) => {
    const files = await open();
    const path = `in a folder/${name}`;
    await files.write(path, name);
    const { entries } = await files.read(
      'entries(folder: "in a folder") { edges { node { name file { text downloadUrl } } } }',
    );
    const { file } = entries.edges[0].node;
    expect(entries.edges.map(({ node }: { node: { name: string } }) => node.name)).toEqual([name]);
    expect(file.text).toBe(name);
    const response = await fetch(`${shared().url}${file.downloadUrl}`);
    expect([response.status, await response.text()]).toEqual([200, name]);
    await files.delete(path);
    expect(await files.read('fileCount')).toEqual({ fileCount: 0 });
  });

  test.each([
    '',
    '/etc/passwd',
    'a/../b',
    './a',
    'a//b',
    'a/',
    '.git/config',
    'a/.GIT/hooks',
    '.switchyard/x',
    'a\0b',
    'x'.repeat(256),
  ])('a file at %j is refused', async (path) => {
    const files = await open();
    const refused = { code: 'BAD_USER_INPUT', field: 'path' };
    await expect(files.write(path, 'x')).rejects.toMatchObject(refused);
    await expect(files.delete(path)).rejects.toMatchObject(refused);
    await expect(files.read('file(path: $path) { path }', { path })).rejects.toMatchObject(refused);
    expect((await files.upload(path, Buffer.from('x'))).errors?.[0]?.extensions).toMatchObject(refused);
  });

  test('a file cannot be where a folder is, nor in a file', async () => {
    const files = await open();
    await files.write('a/b', 'x');
    await expect(files.write('a', 'x')).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(files.write('a/b/c', 'x')).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test('a session that shares no files lists no files and takes no uploads', async () => {
    const sessionId = await shared().createSession({ nodeIds: ['desk'] });
    const { session } = await shared().query(
      'query ($id: ID!) { session(id: $id) { workspace { isShared fileCount manifestHash files { totalCount } entries { totalCount } file(path: "a") { path } conflicts { path } } } }',
      { id: sessionId },
    );
    expect(session.workspace).toEqual({
      isShared: false,
      fileCount: 0,
      manifestHash: sha256Of(Buffer.alloc(0)),
      files: { totalCount: 0 },
      entries: { totalCount: 0 },
      file: null,
      conflicts: [],
    });
    const write = 'mutation ($id: ID!) { writeWorkspaceFile(sessionId: $id, path: "a", text: "b") { path } }';
    const refused = { code: 'NOT_FOUND' };
    await expect(shared().query(write, { id: sessionId })).rejects.toMatchObject(refused);
    const without = await shared().createSession();
    await expect(shared().query(write, { id: without })).rejects.toMatchObject(refused);
  });
});
