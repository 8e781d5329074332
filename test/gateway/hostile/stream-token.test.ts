import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type HostileGateway, startHostileGateway } from '../../support/gateway/hostile-gateway.ts';

let gateway: HostileGateway & AsyncDisposable;
beforeAll(async () => {
  gateway = await startHostileGateway({
    MAX_STREAM_RESERVATIONS: '200',
    STREAM_RESERVATION_TTL_MS: '5000',
  });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const path = '/graphql/stream';
const tokenHeader = 'x-graphql-event-stream-token';
const json = { 'content-type': 'application/json' };
const eventStream = { accept: 'text/event-stream' };

const reserve = async () => (await gateway.attack(path, { method: 'PUT' })).text;
const start = (token: string, body: unknown) =>
  gateway.attack(path, {
    method: 'POST',
    headers: { ...json, accept: 'application/json', [tokenHeader]: token },
    body: JSON.stringify(body),
  });

describe('a token', () => {
  test.each([
    ['that was invented', randomUUID()],
    ['of zeros', '00000000-0000-0000-0000-000000000000'],
    ['of __proto__', '__proto__'],
    ['of constructor', 'constructor'],
    ['of a star', '*'],
    ['of 5,000 letters', 'a'.repeat(5_000)],
    ['of SQL', "' OR '1'='1"],
    ['of a path', '../../graphql/stream'],
    ['that is not ASCII', '\u00e9'],
    ['of null', 'null'],
  ])('a token %s opens, starts and stops nothing', async (_what, token) => {
    const search = `?${new URLSearchParams({ token })}`;
    const answers = [
      await gateway.attack(path, { headers: { ...eventStream, [tokenHeader]: token } }),
      await gateway.attack(path + search, { headers: eventStream }),
      await start(token, { query: '{ __typename }', extensions: { operationId: '1' } }),
      await gateway.attack(`${path}${search}&operationId=1`, { method: 'DELETE' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
  });

  test('a token that the client proposes is ignored', async () => {
    const wished = await gateway.attack(path, { method: 'PUT', headers: { [tokenHeader]: 'wished' } });
    expect(wished.text).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
    expect(
      (await start('wished', { query: '{ __typename }', extensions: { operationId: '1' } })).status,
    ).toBe(404);
  });

  test('a token is random', async () => {
    const tokens = await Promise.all(Array.from({ length: 100 }, reserve));
    expect(new Set(tokens).size).toBe(100);
    // Version 4: 122 random bits.
    expect(tokens.filter((token) => token[14] !== '4')).toEqual([]);
  });

  test('a token opens one stream, not two', async () => {
    const token = await reserve();
    const leaving = new AbortController();
    const { body } = await fetch(`${gateway.url}${path}?token=${token}`, {
      headers: eventStream,
      signal: leaving.signal,
    });
    await body?.getReader().read();
    expect((await gateway.attack(`${path}?token=${token}`, { headers: eventStream })).status).toBe(409);
    leaving.abort();
  });
});

describe('an operation on a reserved stream', () => {
  test.each([
    ['without an id', undefined],
    ['whose id is empty', ''],
    ['whose id is null', null],
    ['whose id is an object', { toString: 'x' }],
    ['whose id is a list', ['1']],
    ['whose id is true', true],
    ['whose id has 100,000 letters', 'a'.repeat(100_000)],
  ])('an operation %s is refused', async (_what, operationId) => {
    const { status } = await start(await reserve(), { query: '{ __typename }', extensions: { operationId } });
    expect(status).toBe(400);
  });

  test.each([
    ['a line break', '1\nevent: complete\ndata: {}\n\n'],
    ['quotes', '1","payload":{"data":{"forged":true}}}'],
    ['a line separator', '1\u2028data: forged'],
    ['half a surrogate pair', '\ud83d'],
    ['__proto__', '__proto__'],
    ['a float', 1.5e-7],
  ])('an operation whose id is %s cannot forge an event of the stream', async (_what, operationId) => {
    const token = await reserve();
    const stream = gateway.attack(`${path}?token=${token}`, {
      headers: eventStream,
      until: 'event: complete',
    });
    expect((await start(token, { query: '{ __typename }', extensions: { operationId } })).status).toBe(202);
    const [, next = '{}'] = /^event: next\ndata: ([^\n\r]*)$/m.exec((await stream).text) ?? [];
    expect(JSON.parse(next)).toEqual({ id: String(operationId), payload: { data: { __typename: 'Query' } } });
  });

  test('an operation beyond MAX_OPERATIONS_PER_STREAM is refused', async () => {
    const token = await reserve();
    const stream = await fetch(`${gateway.url}${path}?token=${token}`, { headers: eventStream });
    const query = 'subscription ($id: ID!) { sessionEvents(sessionId: $id) { __typename } }';
    const variables = { id: gateway.sessionId };
    const answers = await Promise.all(
      Array.from({ length: 300 }, (_, n) =>
        start(token, { query, variables, extensions: { operationId: `${n}` } }),
      ),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 202)).toHaveLength(100);
    // The response is kept until now, because a response without references is closed.
    await stream.body?.cancel();
    expect(new Set(statuses)).toEqual(new Set([202, 429]));
  });
});

test('reservations that are never opened expire, so that new ones are accepted', async () => {
  const answers = await Promise.all(
    Array.from({ length: 600 }, () => gateway.attack(path, { method: 'PUT' })),
  );
  expect(answers.map(({ status }) => status)).toContain(429);
  await expect
    .poll(async () => (await gateway.attack(path, { method: 'PUT' })).status, { timeout: 20_000 })
    .toBe(201);
});

test('hostile stream tokens leave the gateway unharmed', () => gateway.expectUnharmed());
