import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMessage, type Recorded, record } from '../../support/files/recording.ts';
import { createWav } from '../../support/files/wav.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';

const wav = createWav({ seconds: 2 });
let gateway: TestGateway;
let memo: Recorded;

beforeAll(async () => {
  gateway = await startTestGateway();
  memo = await record(gateway, wav);
});
afterAll(() => gateway[Symbol.asyncDispose]());

function get(headers: Record<string, string> = {}, method = 'GET'): Promise<Response> {
  return fetch(`${gateway.url}${memo.path}`, { method, headers });
}

async function bytesOf(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer());
}

async function lastModified(): Promise<string> {
  return (await get({}, 'HEAD')).headers.get('last-modified') ?? '';
}

function later(date: string, seconds: number): string {
  return new Date(Date.parse(date) + seconds * 1_000).toUTCString();
}

describe('a recording', () => {
  test('a recording is sent as it was uploaded, with the headers that players and caches need', async () => {
    const response = await get();

    const { date: _, 'x-request-id': __, ...headers } = Object.fromEntries(response.headers);
    expect(headers).toMatchObject({
      'accept-ranges': 'bytes',
      'cache-control': 'private, no-cache',
      connection: 'keep-alive',
      'content-disposition': 'inline; filename="memo.wav"',
      'content-length': String(wav.length),
      'content-security-policy': "default-src 'none'; sandbox",
      'content-type': 'audio/wav',
      etag: `"${memo.sha256}"`,
      'keep-alive': 'timeout=75',
      'last-modified': expect.stringMatching(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/),
      'x-content-type-options': 'nosniff',
    });
    expect((await bytesOf(response)).equals(wav)).toBe(true);
  });

  test('HEAD answers with the same headers and no bytes', async () => {
    const [whole, head] = [await get(), await get({ range: 'bytes=0-9' }, 'HEAD')];

    const describing = ({ headers }: Response) =>
      [...headers].filter(([name]) => !/^(date|connection|keep-alive|x-request-id)$/.test(name));
    expect(head.status).toBe(200);
    expect(describing(head)).toEqual(describing(whole));
    expect(await bytesOf(head)).toHaveLength(0);
    await whole.arrayBuffer();
  });

  test('GraphQL gives the address of a recording', async () => {
    const query = 'query ($id: ID!) { node(id: $id) { ... on Message { audio { url size sha256 } } } }';
    const id = Buffer.from(`Message:${memo.messageId}`).toString('base64');
    const { data } = await gateway.graphql(query, { id });
    expect(data.node.audio).toEqual({ url: memo.path, size: wav.length, sha256: memo.sha256 });
  });

  test('the file name of a recording is kept, without its folders and line breaks', async () => {
    const nameOf = async (filename: string | null) => {
      const { path } = await record(gateway, wav, { filename });
      const response = await fetch(`${gateway.url}${path}`, { method: 'HEAD' });
      return response.headers.get('content-disposition');
    };
    expect(await nameOf(null)).toBe('inline');
    expect(await nameOf('../../etc/passwd')).toBe('inline; filename="passwd"');
    expect(await nameOf('C:\\tmp\\memo.wav')).toBe('inline; filename="memo.wav"');
    expect(await nameOf('a"b\\c.wav')).toBe('inline; filename="c.wav"');
    expect(await nameOf('Grüße 🎙.wav')).toBe(
      `inline; filename="Gr\u00fc\u00dfe ??.wav"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%F0%9F%8E%99.wav`,
    );
    expect(await nameOf('x\r\nSet-Cookie: a=b.wav')).not.toMatch(/[\r\n]/);
  });

  test('a message without a recording and an unknown message are answered with 404, an invalid id with 422', async () => {
    const silent = await createMessage(gateway);
    const answers = await Promise.all(
      [silent, 2_000_000, 'x'].map((id) => gateway.rest(`/sessions/messages/${id}/audio`)),
    );
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 422]);
    expect(await answers[0]?.json()).toEqual({ detail: 'The message has no audio' });
    expect(await answers[1]?.json()).toEqual({ detail: 'Message not found' });
  });
});

describe('conditional requests', () => {
  test.each([
    ['the ETag', () => ({ 'if-none-match': `"${memo.sha256}"` })],
    ['the ETag, made weak by a proxy', () => ({ 'if-none-match': `"x", W/"${memo.sha256}"` })],
    ['any ETag', () => ({ 'if-none-match': '*' })],
    ['its date', async () => ({ 'if-modified-since': await lastModified() })],
    ['a later date', async () => ({ 'if-modified-since': later(await lastModified(), 60) })],
  ])('a client that already has %s is answered with 304 and no bytes', async (_name, headers) => {
    const response = await get(await headers());
    expect(response.status).toBe(304);
    expect(response.headers.get('etag')).toBe(`"${memo.sha256}"`);
    expect(response.headers.get('content-type')).toBeNull();
    expect(await bytesOf(response)).toHaveLength(0);
  });

  test.each([
    ['another ETag', () => ({ 'if-none-match': '"x"' })],
    ['an earlier date', async () => ({ 'if-modified-since': later(await lastModified(), -60) })],
    ['an invalid date', () => ({ 'if-modified-since': 'yesterday' })],
    [
      'another ETag of a later date',
      async () => ({ 'if-none-match': '"x"', 'if-modified-since': later(await lastModified(), 60) }),
    ],
  ])('a client that has %s is answered with the recording', async (_name, headers) => {
    const response = await get(await headers());
    expect(response.status).toBe(200);
    expect((await bytesOf(response)).equals(wav)).toBe(true);
  });

  test('a precondition that fails is answered with 412', async () => {
    const earlier = later(await lastModified(), -60);
    expect((await get({ 'if-match': '"x"' })).status).toBe(412);
    expect((await get({ 'if-match': `W/"${memo.sha256}"` })).status).toBe(412);
    expect((await get({ 'if-unmodified-since': earlier })).status).toBe(412);
    expect((await get({ 'if-match': `"${memo.sha256}"`, 'if-unmodified-since': earlier })).status).toBe(200);
  });
});
