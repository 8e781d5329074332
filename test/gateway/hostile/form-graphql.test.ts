import { beforeAll, describe, expect, test } from 'vitest';
import { globalMessageId, memo, uploadDocument } from '../../support/gateway/audio-upload.ts';
import { field, form, multipart, sendToGraphQL } from '../../support/gateway/hostile-form.ts';
import { type HostileGateway, shareHostileGateway } from '../../support/gateway/hostile-gateway.ts';

let gateway: HostileGateway;
beforeAll(async () => {
  gateway = await shareHostileGateway();
});

const wav = memo.toString('latin1');
const variables = { messageId: globalMessageId(1), file: null };
const operations = field('operations', JSON.stringify({ query: uploadDocument, variables }));
const map = field('map', '{"0":["variables.file"]}');
const file = field('0', wav, '; filename="memo.wav"');
const mapOf = (text: string) => form(operations, field('map', text), file);
const operationsOf = (text: string) => form(field('operations', text), map, file);
const nested = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;

describe('a form for GraphQL', () => {
  test.each([
    ['without operations', form(map, file)],
    ['without a map', form(operations, file)],
    ['without a file', form(operations, map)],
    ['with the file first', form(file, operations, map)],
    ['with the map first', form(map, operations, file)],
    ['with operations twice', form(operations, operations, map, file)],
    [
      'with 10,000 files',
      form(
        operations,
        map,
        ...Array.from({ length: 10_000 }, (_, n) => field(String(n), 'x', '; filename="x"')),
      ),
    ],
    ['without an end', form(operations, map, file).slice(0, -30)],
    ['that is empty', form()],

    ['whose operations are not JSON', operationsOf('{')],
    ['whose operations are null', operationsOf('null')],
    ['whose operations are text', operationsOf('"query"')],
    ['whose operations are a batch', operationsOf(`[{"query":"{ __typename }"},{"query":"{ __typename }"}]`)],
    ['whose operations are 100,000 objects deep', operationsOf(nested)],
    ['whose operations are 3 MB', operationsOf(`"${'x'.repeat(3_000_000)}"`)],
    ['whose operations have a prototype', operationsOf('{"__proto__":{"query":"{ __typename }"}}')],
    [
      'whose variables have a prototype',
      operationsOf('{"query":"{ leak }","variables":{"__proto__":{"file":null}}}'),
    ],
    ['whose variables are null', operationsOf('{"query":"{ __typename }","variables":null}')],
    ['whose variables are text', operationsOf('{"query":"{ __typename }","variables":"x"}')],
    [
      'whose variable has a file already',
      operationsOf(
        `{"query":${JSON.stringify(uploadDocument)},"variables":{"messageId":"x","file":{"promise":1}}}`,
      ),
    ],

    ['whose map is not JSON', mapOf('{')],
    ['whose map is null', mapOf('null')],
    ['whose map is a list', mapOf('[["variables.file"]]')],
    ['whose map has text instead of a list', mapOf('{"0":"variables.file"}')],
    ['whose map has numbers instead of paths', mapOf('{"0":[1]}')],
    ['whose map leads to __proto__', mapOf('{"0":["__proto__.polluted"]}')],
    ['whose map leads to the prototype of the variables', mapOf('{"0":["variables.__proto__.polluted"]}')],
    ['whose map leads to a constructor', mapOf('{"0":["constructor.prototype.polluted"]}')],
    ['whose map leads into the document', mapOf('{"0":["query"]}')],
    ['whose map leads nowhere', mapOf('{"0":["variables.other.file"]}')],
    ['whose map leads to a path of 10,000 names', mapOf(`{"0":["${'variables.'.repeat(10_000)}file"]}`)],
    [
      'whose map leads to 10,000 paths',
      mapOf(`{"0":[${Array.from({ length: 10_000 }, (_, n) => `"variables.f${n}"`)}]}`),
    ],
    [
      'whose map has 10,000 files',
      mapOf(`{${Array.from({ length: 10_000 }, (_, n) => `"${n}":["variables.file"]`)}}`),
    ],
    ['whose map has a file named __proto__', mapOf('{"__proto__":["variables.file"]}')],
    ['whose map is 100,000 objects deep', mapOf(nested)],
  ])('a GraphQL form %s is refused', async (_what, body) => {
    const { status, text } = await sendToGraphQL(gateway, body);
    expect([200, 400, 413, 415, 422]).toContain(status);
    expect(text).toContain('"errors":[');
    expect(text).not.toContain('"audio":{');
  });

  test('a GraphQL form with a Content-Encoding is refused', async () => {
    const headers = { 'content-type': multipart, 'content-encoding': 'gzip' };
    expect((await sendToGraphQL(gateway, form(operations, map, file), headers)).status).toBe(415);
  });

  test('a GraphQL form without a preflight header is refused', async () => {
    const headers = { 'content-type': multipart, 'apollo-require-preflight': '' };
    expect((await sendToGraphQL(gateway, form(operations, map, file), headers)).status).toBe(403);
  });

  test('a valid GraphQL form is accepted after the refused ones', async () => {
    const { status, text } = await sendToGraphQL(gateway, form(operations, map, file));
    expect([status, text]).toEqual([200, expect.stringContaining('"mimeType":"audio/wav"')]);
  });

  test('GraphQL forms leave the gateway unharmed', () => gateway.expectUnharmed());
});
