import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { createGif, createJpeg, createPdf, createPng, createWebp } from '../../support/files/pictures.ts';
import { type FileToUpload, tryUpload, upload } from '../../support/gateway/attachments.ts';
import { memo, sha256Of } from '../../support/gateway/audio-upload.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { openMigratedFolder } from '../../support/gateway/migrated-folder.ts';
import { shareGateway } from '../../support/gateway/shared-gateway.ts';

const folder = await openMigratedFolder();
const settings = {
  MAX_ATTACHMENT_BYTES: '200000',
  MAX_TEXT_ATTACHMENT_BYTES: '1000',
  MAX_IMAGE_PIXELS: '1000000',
};
const shared = shareGateway(() => startTestGateway({ dataDir: folder.path, settings }));

/** The keys of the blobs, and how many uploads are unfinished. */
async function storedBlobs() {
  const files = await readdir(join(folder.path, 'blobs'), { recursive: true });
  const blobs = files.flatMap((file) => /[0-9a-f]{64}$/.exec(file) ?? []).sort();
  return { blobs, staged: files.filter((file) => file.startsWith('staged/')).length };
}

async function storedBytes(gateway: TestGateway, sessionId: string): Promise<number> {
  const id = Number(Buffer.from(sessionId, 'base64').toString().split(':')[1]);
  const { storedBytes } = await gateway.services.database.session.findUniqueOrThrow({ where: { id } });
  return Number(storedBytes);
}

const taken: [what: string, file: FileToUpload, expected: object][] = [
  [
    'a PNG',
    { bytes: createPng({ width: 30, height: 20 }) },
    { type: 'IMAGE', mimeType: 'image/png', width: 30, height: 20, tokenCount: 1 },
  ],
  ['a JPEG', { bytes: createJpeg() }, { mimeType: 'image/jpeg', width: 640, height: 480, tokenCount: 410 }],
  [
    'a JPEG with much before its frame',
    { bytes: createJpeg({ exifBytes: 60_000 }) },
    { width: 640, height: 480 },
  ],
  [
    'a JPEG with a film behind it',
    { bytes: Buffer.concat([createJpeg(), createGif()]) },
    { mimeType: 'image/jpeg' },
  ],
  ['a GIF', { bytes: createGif() }, { mimeType: 'image/gif', width: 3, height: 2 }],
  ['a WebP', { bytes: createWebp() }, { mimeType: 'image/webp', width: 5, height: 4 }],
  [
    'a PDF',
    { bytes: createPdf({ pages: 3 }) },
    { type: 'PDF', mimeType: 'application/pdf', pageCount: 3, tokenCount: 6_000 },
  ],
  [
    'a PDF that does not state its pages',
    { bytes: '%PDF-1.7\nnothing' },
    { pageCount: null, tokenCount: 2_000 },
  ],
  ['a text', { bytes: 'Žluťoučký 🐎\tand \u001b[1mmore\n' }, { type: 'TEXT', mimeType: 'text/plain' }],
  [
    'HTML',
    { bytes: '<!doctype html><script>alert(1)</script>', type: 'text/html' },
    { mimeType: 'text/plain' },
  ],
  [
    'SVG',
    { bytes: '<?xml version="1.0"?><svg onload="alert(1)"/>', type: 'image/svg+xml' },
    { mimeType: 'text/plain' },
  ],
  ['a sound', { bytes: memo }, { type: 'AUDIO', mimeType: 'audio/wav', durationSeconds: 1, tokenCount: 32 }],
  [
    'an image that claims to be HTML',
    { bytes: createPng(), type: 'text/html', filename: 'x.html' },
    { mimeType: 'image/png' },
  ],
  [
    'an image that is also a script',
    { bytes: Buffer.concat([createGif(), Buffer.from('/*<script>alert(1)</script>*/')]) },
    { mimeType: 'image/gif' },
  ],
];

test.each(taken)('%s is taken, and its bytes say what it is', async (_what, file, expected) => {
  const gateway = shared();
  const sessionId = await gateway.createSession();
  const bytes = Buffer.from(file.bytes as string);
  expect(await upload(gateway, sessionId, file)).toMatchObject({
    ...expected,
    size: bytes.length,
    sha256: sha256Of(bytes),
  });
  expect(await storedBytes(gateway, sessionId)).toBe(bytes.length);
  await gateway.query('mutation ($id: ID!) { deleteSession(id: $id) { databaseId } }', { id: sessionId });
});

const gifBlocks = Buffer.from('GIF89a\x03\0\x02\0\0\0\0', 'latin1');
const refused: [what: string, bytes: FileToUpload['bytes'], status: number, message: RegExp][] = [
  ['nothing', '', 422, /not empty/],
  ['blank text', ' \n\t', 422, /some text/],
  [
    'a program',
    Buffer.from('\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0', 'latin1'),
    415,
    /application\/x-elf/,
  ],
  [
    'an archive',
    Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), Buffer.alloc(60)]),
    415,
    /This file is|not text/,
  ],
  ['bytes that are no text', Buffer.from([0x61, 0xff, 0xfe, 0x62]), 415, /not text in UTF-8/],
  ['text with NUL', 'a\0b', 415, /not text in UTF-8/],
  ['text that ends within a character', Buffer.from('ab\u{1f40e}').subarray(0, 4), 415, /not text in UTF-8/],
  ['a long text', 'a'.repeat(1_001), 413, /1000 bytes/],
  ['a large file', Buffer.concat([createPng(), Buffer.alloc(200_000)]), 413, /200000 bytes/],
  ['an image of too many pixels', createPng({ width: 1_001, height: 1_000 }), 413, /1001 × 1000 pixels/],
  [
    'an image of 16 exapixels',
    createPng({ width: 0xffff_ffff, height: 0xffff_ffff }),
    413,
    /4294967295 × 4294967295/,
  ],
  ['an image without width', createPng({ width: 0 }), 415, /broken/],
  ['a PNG that was cut off', createPng().subarray(0, -6), 415, /broken or was cut off/],
  ['the beginning of a PNG', createPng().subarray(0, 30), 415, /broken or was cut off/],
  ['a JPEG that was cut off', createJpeg().subarray(0, -2), 415, /broken or was cut off/],
  [
    'a JPEG without a frame',
    Buffer.concat([createJpeg().subarray(0, 20), Buffer.from([0xff, 0xda, 0, 2, 0xff, 0xd9])]),
    415,
    /broken/,
  ],
  [
    'a JPEG whose segments are lost',
    Buffer.concat([createJpeg().subarray(0, 20), Buffer.alloc(100)]),
    415,
    /broken/,
  ],
  ['a GIF that was cut off', createGif().subarray(0, -1), 415, /broken or was cut off/],
  ['a GIF of unknown blocks', Buffer.concat([gifBlocks, Buffer.alloc(50, 1)]), 415, /broken/],
  ['a WebP that was cut off', createWebp().subarray(0, -3), 415, /broken or was cut off/],
];

test.each(refused)('%s is refused, and nothing of it is kept', async (_what, bytes, status, message) => {
  const gateway = shared();
  const sessionId = await gateway.createSession();
  const before = await storedBlobs();
  const answer = await tryUpload(gateway, sessionId, { bytes: bytes as string });
  expect([answer.status, answer.errors?.[0]?.message, answer.errors?.[0]?.extensions['field']]).toEqual([
    status,
    expect.stringMatching(message),
    'file',
  ]);
  await vi.waitFor(async () => expect(await storedBlobs()).toEqual(before));
  expect(await storedBytes(gateway, sessionId)).toBe(0);
});

test.each([
  ['../../etc/passwd', 'passwd'],
  ['C:\\fakepath\\a.png', 'a.png'],
  ['evil\u202egnp.exe', 'evilgnp.exe'],
  ['a\u0085b\u2028c.png', 'abc.png'],
  ['🐎'.repeat(100), '🐎'.repeat(63)],
])('the name %j is stored as %j', async (filename, stored) => {
  const gateway = shared();
  const sessionId = await gateway.createSession();
  expect(await upload(gateway, sessionId, { bytes: createPng(), filename })).toMatchObject({
    filename: stored,
  });
});

test('bytes that several attachments share stay until the last of them is deleted', async () => {
  const gateway = shared();
  const [first, second] = [await gateway.createSession(), await gateway.createSession()];
  const bytes = createPng({ color: [1, 2, 3] });
  const key = sha256Of(bytes);
  const one = await upload(gateway, first, { bytes });
  const two = await upload(gateway, second, { bytes });
  expect(two.id).not.toBe(one.id);

  const remove = 'mutation ($id: ID!) { deleteAttachment(id: $id) { deletedAttachmentId } }';
  expect(await gateway.query(remove, { id: one.id })).toEqual({
    deleteAttachment: { deletedAttachmentId: one.id },
  });
  expect((await storedBlobs()).blobs).toContain(key);
  expect(await storedBytes(gateway, first)).toBe(0);
  expect((await gateway.graphql(remove, { id: one.id })).errors?.[0]?.extensions['code']).toBe('NOT_FOUND');

  await gateway.query('mutation ($id: ID!) { deleteSession(id: $id) { databaseId } }', { id: second });
  expect((await storedBlobs()).blobs).not.toContain(key);
});

test('a session has at most 100 attachments that wait to be sent, and those that wait for too long are deleted', async () => {
  const gateway = shared();
  const sessionId = await gateway.createSession();
  const { database, attachmentLibrary } = gateway.services;
  const { databaseId: id, sha256 } = await upload(gateway, sessionId, { bytes: 'first' });
  const row = await database.attachment.findUniqueOrThrow({ where: { id } });
  const { id: _, ...columns } = row;
  await database.attachment.createMany({ data: Array.from({ length: 99 }, () => columns) });
  const answer = await tryUpload(gateway, sessionId, { bytes: 'one more' });
  expect([answer.status, answer.errors?.[0]?.message]).toEqual([
    429,
    '100 attachments of this session wait to be sent; send or delete some first.',
  ]);

  const old = new Date(Date.now() - 86_400_000 - 60_000);
  await database.attachment.updateMany({ where: { sessionId: row.sessionId }, data: { uploadedAt: old } });
  await attachmentLibrary.sweep();
  expect(await database.attachment.count({ where: { sessionId: row.sessionId } })).toBe(0);
  expect((await storedBlobs()).blobs).not.toContain(sha256);
});

test.each([
  ['an image', createPng(), 'image/png', 'inline; filename="it"'],
  ['a PDF', createPdf(), 'application/pdf', 'attachment; filename="it"'],
  [
    'HTML',
    Buffer.from('<script>alert(1)</script>'),
    'text/plain; charset=utf-8',
    'attachment; filename="it"',
  ],
])('%s is downloaded in a way in which no browser runs it', async (_what, bytes, type, disposition) => {
  const gateway = shared();
  const sessionId = await gateway.createSession();
  const { url } = await upload(gateway, sessionId, { bytes, filename: 'it' });
  const whole = await fetch(`${gateway.url}${url}`);
  expect(Object.fromEntries(whole.headers)).toMatchObject({
    'content-type': type,
    'content-disposition': disposition,
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
    'accept-ranges': 'bytes',
  });
  expect(bytes.equals(Buffer.from(await whole.arrayBuffer()))).toBe(true);
  const etag = whole.headers.get('etag') ?? '';
  const again = await fetch(`${gateway.url}${url}`, { headers: { 'if-none-match': etag } });
  const part = await fetch(`${gateway.url}${url}`, { headers: { range: 'bytes=1-3' } });
  expect([again.status, part.status, Buffer.from(await part.arrayBuffer())]).toEqual([
    304,
    206,
    bytes.subarray(1, 4),
  ]);
});

test('over REST a file is uploaded, sent, shown with its message and, before it is sent, deleted', async () => {
  const gateway = shared();
  const json = { method: 'POST', headers: { 'content-type': 'application/json' } };
  const session = await (await gateway.rest('/sessions/', { ...json, body: '{}' })).json();
  const form = new FormData();
  form.set('file', new Blob([createPng()]), 'a.png');
  const post = () => gateway.rest(`/sessions/${session.id}/attachments`, { method: 'POST', body: form });
  const attachment = await (await post()).json();
  expect(attachment).toMatchObject({ type: 'image', mime_type: 'image/png', filename: 'a.png', width: 2 });
  const body = JSON.stringify({ prompt: 'Look', attachment_ids: [attachment.id] });
  const stream = await (await gateway.rest(`/sessions/${session.id}/chat`, { ...json, body })).text();
  expect(stream).toContain('You sent');
  const { messages } = await (await gateway.rest(`/sessions/${session.id}/messages`)).json();
  expect(messages.map((each: { attachments: object[] }) => each.attachments)).toEqual([[attachment], []]);
  const remove = (id: number) => gateway.rest(`/sessions/attachments/${id}`, { method: 'DELETE' });
  expect((await remove(attachment.id)).status).toBe(409);
  const other = await (await post()).json();
  expect((await remove(other.id)).status).toBe(200);
  expect((await gateway.rest(`/sessions/attachments/${other.id}`)).status).toBe(404);
  form.set('file', new Blob([Buffer.alloc(300_000)]), 'b.png');
  const tooLarge = await post();
  expect([tooLarge.status, (await tooLarge.json()).detail]).toEqual([
    413,
    'The attachment is longer than 200000 bytes.',
  ]);
});
