import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { routes } from '../../../src/rest/routes.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** The body of a 422 in the shape of FastAPI. */
const faults = z.strictObject({
  detail: z
    .array(
      z.strictObject({
        type: z.string(),
        loc: z.tuple([z.enum(['path', 'query', 'header', 'body'])], z.union([z.string(), z.number()])),
        msg: z.string(),
        input: z.unknown(),
        ctx: z.record(z.string(), z.unknown()).optional(),
      }),
    )
    .min(1),
});

const names = [
  'title',
  'user_id',
  'prompt',
  'provider_name',
  'model_name',
  'request_id',
  'on_busy',
  'node_ids',
  'config',
  'system_prompt',
  'feature_name',
];
const text = fc.string({
  unit: fc.oneof(
    fc.string({ unit: 'binary', maxLength: 1 }),
    fc.constantFrom('\ud800', '\0', '%', '/', '..'),
  ),
});
const value = fc.oneof(text, fc.jsonValue(), fc.constantFrom('reject', 'enqueue', 'demo', null));
const body = fc.oneof(
  fc.jsonValue().map((json) => JSON.stringify(json)),
  fc.dictionary(fc.constantFrom(...names), value).map((fields) => JSON.stringify(fields)),
  text,
);
const segment = fc.oneof(
  { weight: 2, arbitrary: fc.integer({ min: -1, max: 3 }).map(String) },
  { weight: 1, arbitrary: text },
);
const headers = fc.record(
  {
    'last-event-id': fc.oneof(fc.stringMatching(/^[ -~]*$/), fc.constant('1:0')),
    'content-type': fc.constantFrom(
      'application/json',
      'application/json',
      'text/plain',
      'multipart/form-data; boundary=x',
    ),
    range: fc.stringMatching(/^bytes=[\d,-]*$/),
  },
  { requiredKeys: [] },
);

/** Text escaped for a URL, which cannot contain half a surrogate pair. */
const escaped = (part: string) => encodeURIComponent(part.replaceAll(/\p{Surrogate}/gu, ''));

test.each(routes.map(({ method, path }) => [method.toUpperCase(), path]))(
  '%s %s gets no 5xx status for any input, and every 422 has the shape of FastAPI',
  async (method, path) => {
    const request = fc.record({
      ids: fc.array(segment, { minLength: 2, maxLength: 2 }),
      query: fc.dictionary(fc.constantFrom('user_id', 'feature_name', 'x'), text),
      body,
      headers,
    });
    await fc.assert(
      fc.asyncProperty(request, async ({ ids, query, ...init }) => {
        const [first = '', second = ''] = ids.map(escaped);
        const target = path.replace(/\{\w+\}/, first).replace(/\{\w+\}/, second);
        const search = Object.entries(query).map(([name, one]) => `${name}=${escaped(one)}`);
        const content = method === 'GET' || method === 'DELETE' ? {} : { body: init.body };
        const response = await gateway.rest(`${target}?${search.join('&')}`, {
          method,
          headers: init.headers,
          ...content,
        });
        const answer = await response.text();
        expect(response.status, answer).toBeLessThan(500);
        if (response.status === 422)
          expect(faults.safeParse(JSON.parse(answer)).error?.issues).toBeUndefined();
      }),
      { numRuns: 40 },
    );
  },
);
