import { expect, test } from 'vitest';
import { createHealth } from '../../src/http/health.ts';

test('a thousand questions whether the gateway is ready check the database once', async () => {
  let checks = 0;
  const health = createHealth({
    checkDatabase: async () => {
      checks += 1;
      return 'the disk is full';
    },
    closing: new AbortController().signal,
  });
  const responses = await Promise.all(Array.from({ length: 1_000 }, () => health.request('/ready')));
  expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([503]));
  expect(checks).toBe(1);
});
