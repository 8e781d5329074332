import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256Of } from '../../support/gateway/audio-upload.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { adminJwt, jwtSettings, signJwt } from '../../support/gateway/jwt.ts';
import { openSharedFiles, type SharedFiles } from '../../support/gateway/shared-files.ts';
import { sendRaw } from '../../support/http/raw-http.ts';
import { registerNode } from '../../support/node/nodes.ts';

const bytes = Buffer.alloc(5_000_000, 'bytes of a large file; ');
const etag = `"${sha256Of(bytes)}"`;

let gateway: TestGateway;
let alice: string;
let files: SharedFiles;
let url: string;

beforeAll(async () => {
  gateway = await startTestGateway({ settings: jwtSettings });
  alice = await signJwt({ sub: 'alice' });
  files = await openSharedFiles(gateway, { token: alice });
  const { data } = await files.upload('large.bin', bytes);
  url = gateway.url + data.uploaded.downloadUrl;
});
afterAll(() => gateway[Symbol.asyncDispose]());

function get(headers: Record<string, string> = {}, method = 'GET', at = url): Promise<Response> {
  return fetch(at, { method, headers: { authorization: `Bearer ${alice}`, ...headers } });
}

describe('the download of a file', () => {
  test('a file is downloaded whole, as something that a browser saves and never runs', async () => {
    const response = await get();
    expect([response.status, sha256Of(await response.bytes())]).toEqual([200, sha256Of(bytes)]);
    const { headers } = response;
    const names = [
      ...['content-type', 'content-length', 'content-disposition', 'etag', 'accept-ranges'],
      ...['cache-control', 'x-content-type-options', 'content-security-policy', 'last-modified'],
      'cross-origin-resource-policy',
    ];
    expect(Object.fromEntries(names.map((name) => [name, headers.get(name)]))).toMatchInlineSnapshot(`
      {
        "accept-ranges": "bytes",
        "cache-control": "private, no-cache",
        "content-disposition": "attachment; filename="large.bin"",
        "content-length": "5000000",
        "content-security-policy": "default-src 'none'; sandbox",
        "content-type": "application/octet-stream",
        "cross-origin-resource-policy": "same-origin",
        "etag": ""74e80fd02f1bc57b80d1db7156955c87496f0e813848c0c5ec53ac86714b20d9"",
        "last-modified": null,
        "x-content-type-options": "nosniff",
      }
    `);
  });

  test('a range over several chunks is sent alone, and a range behind the end is refused', async () => {
    const part = await get({ range: 'bytes=4194000-4195000' });
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe(`bytes 4194000-4195000/${bytes.length}`);
    expect(Buffer.from(await part.bytes()).equals(bytes.subarray(4_194_000, 4_195_001))).toBe(true);
    const end = await get({ range: 'bytes=-3' });
    expect(await end.text()).toBe(bytes.subarray(-3).toString());
    expect((await get({ range: `bytes=${bytes.length}-` })).status).toBe(416);
  });

  test('a client with the current version gets no bytes, also after the same bytes were written again', async () => {
    expect((await get({ 'if-none-match': etag })).status).toBe(304);
    expect((await get({ 'if-none-match': '"other"' })).status).toBe(200);
    expect((await get({ 'if-match': '"other"' })).status).toBe(412);
    await files.write('small.txt', 'one');
    const small = `${gateway.url}/workspaces/${files.workspaceId}/files/small.txt`;
    const before = (await get({}, 'GET', small)).headers.get('etag') ?? '';
    await files.write('small.txt', 'two');
    expect((await get({ 'if-none-match': before }, 'GET', small)).status).toBe(200);
    await files.write('small.txt', 'one');
    expect((await get({ 'if-none-match': before }, 'GET', small)).status).toBe(304);
    // Its time may lie before the time of another version, so it decides nothing.
    const later = new Date(Date.now() + 1e6).toUTCString();
    expect((await get({ 'if-modified-since': later }, 'GET', small)).status).toBe(200);
  });

  test('HEAD answers with the headers alone', async () => {
    const response = await get({}, 'HEAD');
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect(response.headers.get('content-length')).toBe(String(bytes.length));
    expect(response.headers.get('etag')).toBe(etag);
  });

  test('an empty file is downloaded', async () => {
    const { data } = await files.upload('empty', Buffer.alloc(0));
    const response = await get({}, 'GET', gateway.url + data.uploaded.downloadUrl);
    expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([
      200,
      '0',
      '',
    ]);
  });

  test('the name that a browser saves a file under is that of the file, whatever is in it', async () => {
    const { downloadUrl } = await files.write('folder/na"me\n\u202e€.txt', 'x');
    const response = await get({}, 'GET', gateway.url + downloadUrl);
    expect(response.headers.get('content-disposition')).toMatchInlineSnapshot(
      `"attachment; filename="na\\"me???.txt"; filename*=UTF-8''na%22me%0A%E2%80%AE%E2%82%AC.txt"`,
    );
  });

  test('a client that leaves in the middle ends the reading, and the next one gets the whole file', async () => {
    const leave = new AbortController();
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${alice}` },
      signal: leave.signal,
    });
    await response.body?.getReader().read();
    leave.abort();
    expect(sha256Of(await (await get()).bytes())).toBe(sha256Of(bytes));
    expect(gateway.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('who may download a file', () => {
  test.each([
    ['without a token', undefined, 401],
    ['with a token that is not valid', 'nonsense', 401],
    ['as another user', 'bob', 404],
    ['as the agent of a node', 'node', 403],
    ['as an admin', 'admin', 200],
  ])('%s the answer is right', async (_how, who, status) => {
    const tokens: Record<string, () => Promise<string>> = {
      bob: () => signJwt({ sub: 'bob' }),
      admin: () => adminJwt('carol'),
      node: () => registerNode(gateway.as(alice), 'desk'),
    };
    const token = who && (await (tokens[who]?.() ?? who));
    const headers = token ? { authorization: `Bearer ${token}` } : {};
    const response = await fetch(url, { headers });
    expect(response.status).toBe(status);
    if (status !== 200) expect(Object.keys(await response.json())).toContain('detail');
  });

  test('a file, a workspace and a session that are not there are all not found', async () => {
    const at = (path: string) => get({}, 'GET', `${gateway.url}/workspaces/${path}`);
    const id = files.workspaceId;
    for (const path of [
      `${id}/files/no`,
      `${id}/files/large.bin/x`,
      `${id}/files/`,
      `${id}/files`,
      'no/files/a',
      `${id}/files/%ff`,
      `${id}/files/a%0`,
      `${id}/files?path=`,
    ]) {
      expect([path, (await at(path)).status]).toEqual([path, 404]);
    }
    const gone = await openSharedFiles(gateway, { token: alice });
    const { downloadUrl } = await gone.write('a', 'x');
    await gateway
      .as(alice)
      .query('mutation ($id: ID!) { deleteSession(id: $id) { databaseId } }', { id: gone.sessionId });
    expect((await get({}, 'GET', gateway.url + downloadUrl)).status).toBe(404);
  });

  test('a path that leads out of the workspace is refused as every such path', async () => {
    const { host } = new URL(gateway.url);
    for (const path of ['../../../etc/passwd', 'a/%2e%2e/%2e%2e/b', 'a%2f..%2fb', 'a\\..\\b', 'a#b']) {
      const target = `/workspaces/${files.workspaceId}/files/${path}`;
      const answer = await sendRaw(
        gateway.url,
        `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      );
      expect([path, answer.slice(0, 12)]).toEqual([path, 'HTTP/1.1 400']);
    }
  });

  test('a page of another origin reads no file', async () => {
    const foreign = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    expect((await get(foreign)).status).toBe(403);
  });
});
