import { beforeAll, describe, expect, test } from 'vitest';
import { type HostileGateway, shareHostileGateway } from '../../support/gateway/hostile-gateway.ts';

let gateway: HostileGateway;
beforeAll(async () => {
  gateway = await shareHostileGateway();
});

const json = { 'content-type': 'application/json' };
const nested = (levels: number, open: string, close: string, middle = '') =>
  `${open.repeat(levels)}${middle}${close.repeat(levels)}`;

const routes: [what: string, method: string, path: string, valid: string][] = [
  ['a new session', 'POST', '/sessions/', '"title":"x"'],
  ['a change of a session', 'PATCH', '/sessions/1', '"title":"x"'],
  ['a prompt', 'POST', '/sessions/1/chat', '"prompt":"Hello"'],
  ['nodes to attach', 'POST', '/sessions/1/nodes', '"node_ids":["laptop"]'],
];

/** Bodies that are wrong for every route. `valid` is a field that the route accepts. */
const bodies: [what: string, body: (valid: string) => string | Uint8Array][] = [
  ['an empty body', () => ''],
  ['spaces', () => ' \n\t'],
  ['null', () => 'null'],
  ['a number', () => '1e999'],
  ['text', () => '"{}"'],
  ['a list of objects', (valid) => `[{${valid}}]`],
  ['two objects', (valid) => `{${valid}}{${valid}}`],
  ['a comma too many', (valid) => `{${valid},}`],
  ['a comment', (valid) => `{${valid}} // mine`],
  ['a byte order mark and UTF-16', (valid) => Buffer.from(`\ufeff{${valid}}`, 'utf16le')],
  ['bytes that are not UTF-8', (valid) => Buffer.from(`{${valid},"a":"\u00ff"}`, 'latin1')],
  ['a NUL within', (valid) => `{${valid}\u0000}`],
  ['10,000 lists in each other', () => nested(10_000, '[', ']')],
  ['10,000 lists without an end', () => '['.repeat(10_000)],
  ['1 MB of digits', () => '9'.repeat(1_000_000)],
];

/** Bodies with unknown fields, which are ignored as FastAPI ignores them. */
const ignored: [what: string, body: (valid: string) => string][] = [
  ['9,000 objects in each other', (valid) => `{${valid},"a":${nested(9_000, '{"a":', '}', '1')}}`],
  ['__proto__', (valid) => `{${valid},"__proto__":{"admin":true}}`],
  ['constructor and its prototype', (valid) => `{${valid},"constructor":{"prototype":{"admin":true}}}`],
  ['toString and hasOwnProperty', (valid) => `{${valid},"toString":1,"hasOwnProperty":1}`],
  ['a field of another API', (valid) => `{${valid},"is_admin":true}`],
  ['10,000 fields', (valid) => `{${valid},${Array.from({ length: 10_000 }, (_, n) => `"f${n}":1`)}}`],
  ['a field without a name', (valid) => `{${valid},"":1}`],
  ['a field named like a path', (valid) => `{${valid},"../../etc/passwd":1}`],
];

/** Values that are wrong for the field of every route. */
const values: [what: string, value: string][] = [
  ['a NUL', '"\\u0000"'],
  ['half a surrogate pair', '"\\ud83d"'],
  ['two halves in the wrong order', '"\\ude00\\ud83d"'],
  ['an object with toString', '{"toString":"x"}'],
  ['an object with __proto__', '{"__proto__":"x"}'],
  ['a list', '[["x"]]'],
  ['true', 'true'],
  ['a huge number', '1e308'],
  ['1 MB of text', `"${'x'.repeat(1_000_000)}"`],
];

describe.each(routes)('%s', (name, method, path, valid) => {
  const send = (body: string | Uint8Array) =>
    gateway.attack(`/api/v1${path}`, { method, headers: json, body: body as BodyInit });

  test.each(bodies)(`${name} with %s is answered 422, in FastAPI’s shape`, async (_what, body) => {
    const { status, text } = await send(body(valid));
    expect([status, JSON.parse(text)]).toEqual([422, { detail: expect.any(Array) }]);
    for (const { type, loc, msg } of JSON.parse(text).detail) {
      expect([typeof type, loc[0], typeof msg]).toEqual(['string', 'body', 'string']);
    }
  });

  test.each(ignored)(`${name} with %s is taken, and the unknown field is not`, async (_what, body) => {
    const { status, text } = await send(body(valid));
    expect([200, 201]).toContain(status);
    expect(text).not.toMatch(/admin|passwd|"f9999"/);
  });

  test.each(values)(`${name} whose field is %s is refused`, async (_what, value) => {
    const [field] = valid.split(':');
    const { status, text } = await send(`{${field}:${value}}`);
    expect([422, 413]).toContain(status);
    expect(JSON.parse(text)).toHaveProperty('detail');
  });

  test(`${name} with a Content-Encoding is answered 415`, async () => {
    const init = { method, body: `{${valid}}`, headers: { ...json, 'content-encoding': 'gzip' } };
    const { status, text } = await gateway.attack(`/api/v1${path}`, init);
    expect([status, JSON.parse(text)]).toEqual([
      415,
      { detail: expect.stringContaining('Content-Encoding') },
    ]);
  });

  test(`${name} of 3 MB is answered 413`, async () => {
    expect((await send(`{${valid},"a":"${'x'.repeat(3_000_000)}"}`)).status).toBe(413);
  });

  test(`${name} with a field given twice is validated by the last one`, async () => {
    const [field] = valid.split(':');
    const { status, text } = await send(`{${valid},${field}:5}`);
    expect([status, JSON.parse(text).detail[0].input]).toEqual([422, 5]);
  });

  test(`${name} with hostile bodies leaves the gateway unharmed`, () => gateway.expectUnharmed());
});
