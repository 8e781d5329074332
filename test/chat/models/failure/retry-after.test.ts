import { expect, test } from 'vitest';
import { describeWait } from '../../../../src/chat/models/call/retry-time.ts';
import { readRetryAt } from '../../../../src/chat/models/failure/retry-after.ts';

const now = Date.parse('2026-11-29T13:00:00Z');

test.each<[Record<string, string>, string, number | null]>([
  [{ 'retry-after': '2' }, '', 2_000],
  [{ 'retry-after': '0' }, '', 0],
  [{ 'retry-after': 'Sun, 29 Nov 2026 13:00:03 GMT' }, '', 3_000],
  [{ 'retry-after': 'Sun, 29 Nov 2020 13:00:03 GMT' }, '', 0],
  [{ 'retry-after': '-5' }, '', null],
  [{ 'retry-after': 'soon' }, '', null],
  [{ 'retry-after': '1e99' }, '', null],
  [{ 'retry-after': '99999999999999999' }, '', null],
  [{ 'retry-after-ms': '700', 'retry-after': '9' }, '', 700],
  [{}, '{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay": "37s"}', 37_000],
  [{}, 'Please try again in 20s. Visit our pages', 20_000],
  [{}, 'Please try again in 1m20.5s.', 80_500],
  [{}, 'Please retry after 20 seconds', 20_000],
  [{}, 'Your quota resets in 7 minutes and 5 seconds', 425_000],
  [{}, 'Try again in 120ms.', 120],
  [{}, 'Limit 5 for 10 s, 3 in 1 minute', null],
  [{ 'retry-after': `1h${'\t1m'.repeat(30)}` }, '', 5_400_000],
  // A pattern that may read a space in two ways tries as many ways as an hour has nanoseconds.
  [{ 'retry-after': `1h${'\t1m'.repeat(50)} or so` }, '', null],
  [{}, `Try again in 1s${' '.repeat(200_000)}or so.`, 1_000],
  [{ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '6m0s' }, '', 360_000],
  [{ 'x-ratelimit-remaining-tokens': '5', 'x-ratelimit-reset-tokens': '9h' }, '', null],
  [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': `${now + 5_000}` }, '', 5_000],
  [
    {
      'anthropic-ratelimit-requests-remaining': '0',
      'anthropic-ratelimit-requests-reset': '2026-11-29T13:00:09Z',
    },
    '',
    9_000,
  ],
])('a provider that says %j %s takes the next request after %s ms', (headers, text, waitMs) => {
  expect(readRetryAt({ headers, text }, now)).toBe(waitMs === null ? null : now + waitMs);
});

test.each([
  [400, 'at 13:00:01 UTC, in 1 second'],
  [37_000, 'at 13:00:37 UTC, in 37 seconds'],
  [3_599_900, 'at 14:00 UTC, in 1 hour'],
  [4_500_000, 'at 14:15 UTC, in 75 minutes'],
  [7_200_000, 'at 15:00 UTC, in 2 hours'],
  [172_800_000, 'at 2026-12-01 13:00 UTC, in 2 days'],
])('%s ms from 13:00 on are %j', (waitMs, words) => {
  expect(describeWait(now + waitMs, now)).toBe(words);
});
