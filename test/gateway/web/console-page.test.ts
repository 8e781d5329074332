import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ settings: { AUTH: 'token' } });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; media-src blob:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types switchyard-highlight";

describe('the console', () => {
  test.each(['/console', '/console/'])('the console is a page that anyone may open, at %s', async (path) => {
    const response = await fetch(gateway.url + path);

    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toBe(policy);
    expect(await response.text()).not.toMatch(
      /<style|<script(?! type="module" blocking="render" src="\/console\/)|\son\w+=/,
    );
  });

  test.each([
    ['main.js', 'text/javascript; charset=utf-8'],
    ['main.css', 'text/css; charset=utf-8'],
    ['icon.svg', 'image/svg+xml'],
  ])('the console serves its file %s', async (file, type) => {
    const response = await fetch(`${gateway.url}/console/${file}`);

    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(type);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect((await response.text()).length).toBeGreaterThan(100);
  });

  test('the worker that highlights code may load scripts of the gateway, and nothing else', async () => {
    const response = await fetch(`${gateway.url}/console/highlight/worker.js`);

    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toBe("default-src 'none'; script-src 'self'");
  });

  test('a console that has not changed is answered 304, with its policy', async () => {
    const first = await fetch(`${gateway.url}/console`);
    const etag = first.headers.get('etag') ?? '';

    const second = await fetch(`${gateway.url}/console`, { headers: { 'if-none-match': etag } });

    expect(first.headers.get('cache-control')).toBe('no-cache');
    expect(second.status).toBe(304);
    expect(second.headers.get('content-security-policy')).toBe(policy);
    expect(await second.text()).toBe('');
  });

  test('HEAD /console is answered without a body', async () => {
    const response = await fetch(`${gateway.url}/console`, { method: 'HEAD' });

    expect(response.status).toBe(200);
    expect(response.headers.get('content-security-policy')).toBe(policy);
    expect(await response.text()).toBe('');
  });

  test.each([
    ['/console/nothing', 404],
    ['/console/highlight/', 404],
    ['/console/highlight/nothing.js', 404],
    ['/console/highlight/..%2f..%2fmain.js', 400],
    ['/console/../main.js', 404],
    ['/console/%2e%2e/main.js', 404],
    // `fetch` resolves the dot segments of the others before it sends them.
    ['/console/..%2fmain.js', 400],
  ])('the console serves nothing at %s', async (path, status) => {
    expect((await fetch(gateway.url + path)).status).toBe(status);
  });
});
