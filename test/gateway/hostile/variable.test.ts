import { beforeAll, describe, expect, test } from 'vitest';
import { doors, expectRefused, resultIn } from '../../support/gateway/hostile-door.ts';
import { type HostileGateway, shareHostileGateway } from '../../support/gateway/hostile-gateway.ts';

let gateway: HostileGateway;
beforeAll(async () => {
  gateway = await shareHostileGateway();
});

const create = 'mutation ($input: CreateSessionInput!) { createSession(input: $input) { title userId } }';
const send = 'mutation ($input: ChatInput!) { sendMessage(input: $input) { id } }';
const byId = 'query ($id: ID!) { session(id: $id) { id } }';
const byNumber = 'query ($id: Int!) { sessionByDatabaseId(databaseId: $id) { id } }';
const several = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }';
const page =
  'query ($first: Int, $after: String) { sessions(first: $first, after: $after) { edges { cursor } } }';
const follow = 'subscription ($id: ID!, $after: Int) { runEvents(runId: $id, after: $after) { seq } }';

/** A request as JSON. Variables are text, because `JSON.stringify` cannot write all of these. */
const request = (query: string, variables: string) =>
  `{"query":${JSON.stringify(query)},"variables":${variables}}`;
const base64 = (text: string) => Buffer.from(text).toString('base64');
const session = base64('Session:1');
const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const deepObject = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

type Row = [what: string, query: string, variables: string];

const refused: Row[] = [
  ['__proto__ as an input', create, '{"input":{"__proto__":{"title":"x"}}}'],
  ['constructor as an input', create, '{"input":{"constructor":{"prototype":{"title":"x"}}}}'],
  ['__proto__ instead of the variables', create, '{"__proto__":{"input":{"title":"x"}}}'],
  ['toString instead of a title', create, '{"input":{"title":{"toString":"x"}}}'],
  ['a title in a list', create, '{"input":{"title":["x"]}}'],
  ['a title of 1 MB', create, `{"input":{"title":"${'x'.repeat(1_000_000)}"}}`],
  ['a title with a NUL', create, '{"input":{"title":"\\u0000"}}'],
  ['a title with half a surrogate pair', create, '{"input":{"title":"\\ud83d"}}'],
  ['a title with the other half of a surrogate pair', create, '{"input":{"title":"\\ude00 Hi"}}'],
  ['a user with half a surrogate pair', create, '{"input":{"userId":"\\udfff"}}'],
  ['a system prompt with half a surrogate pair', create, '{"input":{"systemPrompt":"\\ud800"}}'],
  ['20,000 unknown fields', create, `{"input":{${Array.from({ length: 20_000 }, (_, n) => `"f${n}":1`)}}}`],
  [
    '50 unknown fields beside a title of 900 kB',
    create,
    `{"input":{"title":"${'x'.repeat(900_000)}",${Array.from({ length: 50 }, (_, n) => `"f${n}":1`)}}}`,
  ],
  ['a field of 1 MB', create, `{"input":{"${'x'.repeat(1_000_000)}":1}}`],
  ['an input 100,000 lists deep', create, `{"input":${deep(100_000)}}`],
  ['an input 100,000 objects deep', create, `{"input":${deepObject(100_000)}}`],
  ['a title 100,000 lists deep', create, `{"input":{"title":${deep(100_000)}}}`],
  ['an input that is a number of 100,000 digits', create, `{"input":${'9'.repeat(100_000)}}`],
  ['an input that is a list', create, '{"input":[{"title":"x"},{"title":"y"}]}'],
  ['an input that is text', create, '{"input":"{}"}'],

  ['a number that is infinite', byNumber, '{"id":1e999}'],
  ['a negative zero point one', byNumber, '{"id":-0.1}'],
  ['a number one beyond 32 bits', byNumber, '{"id":2147483648}'],
  ['a number beyond 53 bits', byNumber, '{"id":9007199254740993}'],
  ['a number of 100,000 digits', byNumber, `{"id":${'9'.repeat(100_000)}}`],
  ['a number in text', byNumber, '{"id":"1"}'],
  ['a number in hexadecimal text', byNumber, '{"id":"0x1"}'],
  ['true instead of a number', byNumber, '{"id":true}'],
  ['null instead of a number', byNumber, '{"id":null}'],
  ['an id that is a float', byId, '{"id":1.5}'],
  ['an id that is an object', byId, '{"id":{"$ne":null}}'],
  ['an id that is a list', byId, `{"id":["${session}","${session}"]}`],
  ['an id of 1 MB', byId, `{"id":"${'A'.repeat(1_000_000)}"}`],
  ['an id with SQL in it', byId, `{"id":"${base64('Session:1 OR 1=1')}"}`],
  ['an id with a line break', byId, `{"id":"${base64('Session:1\n')}"}`],
  ['an id with a NUL', byId, `{"id":"${base64('Session:1\u0000')}"}`],
  ['an id in hexadecimal', byId, `{"id":"${base64('Session:0x1')}"}`],
  ['an id in other digits', byId, `{"id":"${base64('Session:١')}"}`],
  ['an id with an exponent', byId, `{"id":"${base64('Session:1e0')}"}`],
  ['an id with a sign', byId, `{"id":"${base64('Session:+1')}"}`],
  ['an id that begins with zero', byId, `{"id":"${base64('Session:01')}"}`],
  ['an id of __proto__', byId, `{"id":"${base64('__proto__:1')}"}`],
  ['an id that is not base64', byId, '{"id":"../../etc/passwd"}'],
  [
    'nodes of __proto__ and constructor',
    several,
    `{"ids":["${base64('__proto__:1')}","${base64('constructor:1')}"]}`,
  ],
  ['20,000 nodes', several, `{"ids":[${Array.from({ length: 20_000 }, () => `"${session}"`)}]}`],
  ['a page of minus one', page, '{"first":-1}'],
  ['a page of two billion', page, '{"first":2147483647}'],
  ['a page of 1e308', page, '{"first":1e308}'],
  ['a cursor with SQL in it', page, `{"after":"${base64("cursor:1' OR '1'='1")}"}`],
  ['a cursor of 1 MB', page, `{"after":"${'A'.repeat(1_000_000)}"}`],
  [
    'a cursor in front of 1 MB that Base64 ignores',
    page,
    `{"after":"${base64('cursor:1')}${'!'.repeat(1_000_000)}"}`,
  ],
  ['a cursor of another API', page, `{"after":"${base64('YXJyYXljb25uZWN0aW9uOjA=')}"}`],
  ['a position of minus one in a run', follow, `{"id":"${base64('Run:1')}","after":-1}`],
  ['a position that a run never reaches', follow, `{"id":"${base64('Run:1')}","after":2147483647}`],

  ['a prompt of NULs', send, `{"input":{"sessionId":"${session}","prompt":"\\u0000\\u0000"}}`],
  ['a prompt with half a surrogate pair', send, `{"input":{"sessionId":"${session}","prompt":"\\ud83dHi"}}`],
  ['a prompt of 1 MB', send, `{"input":{"sessionId":"${session}","prompt":"${'x'.repeat(1_000_000)}"}}`],
  [
    'a request id with half a surrogate pair',
    send,
    `{"input":{"sessionId":"${session}","prompt":"Hi","requestId":"\\ud83d"}}`,
  ],
  [
    'a request id of 1 MB',
    send,
    `{"input":{"sessionId":"${session}","prompt":"Hi","requestId":"${'x'.repeat(1_000_000)}"}}`,
  ],
  [
    'a provider named __proto__',
    send,
    `{"input":{"sessionId":"${session}","prompt":"Hi","providerName":"__proto__"}}`,
  ],
  [
    'a provider named constructor',
    send,
    `{"input":{"sessionId":"${session}","prompt":"Hi","providerName":"constructor"}}`,
  ],
  [
    'a model named ../../demo',
    send,
    `{"input":{"sessionId":"${session}","prompt":"Hi","modelName":"../../demo"}}`,
  ],
  ['a policy named toString', send, `{"input":{"sessionId":"${session}","prompt":"Hi","onBusy":"toString"}}`],
];

describe.each(doors)('%s', (name, door) => {
  test.each(refused)(`${name} refuses %s`, async (_what, query, variables) => {
    const answer = await door(gateway, request(query, variables));
    expectRefused(answer);
    expect(answer.text.length).toBeLessThan(100_000);
  });

  test.each([
    [
      'a document given twice, and uses the last one',
      `{"query":"","query":${JSON.stringify('{ __typename }')}}`,
    ],
    [
      'unknown fields of a request',
      `{"query":"{ __typename }","__proto__":{"query":"{ leak }"},"constructor":1}`,
    ],
    [
      'variables that the operation does not declare',
      request('{ __typename }', `{"__proto__":1,"a":${deep(1_000)}}`),
    ],
    ['a document with every letter escaped', '{"query":"\\u007b\\u005f\\u005ftypename\\u007d"}'],
  ])(`${name} accepts %s`, async (_what, body) => {
    expect(resultIn(await door(gateway, body))).toEqual({ data: { __typename: 'Query' } });
  });

  test(`${name} stores text unchanged`, async () => {
    const input = {
      userId: "mallory'; DROP TABLE Session; --",
      title: '%_*?[a-z] \u202e <script>alert(1)</script> {{7*7}} \ufeff\u2028\u{1f600}',
    };
    const answer = await door(gateway, request(create, JSON.stringify({ input })));
    expect(resultIn(answer)).toEqual({ data: { createSession: input } });
  });

  test(`${name} leaves the gateway unharmed by these variables`, () => gateway.expectUnharmed());
});

test('Object.prototype has no new keys', () => {
  expect(Object.keys(Object.prototype)).toEqual([]);
});
