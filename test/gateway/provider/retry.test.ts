import { describe, expect, test } from 'vitest';
import { chat, collect, type SeenRunEvent, textOf } from '../../support/gateway/chat.ts';
import { shareModelGateway } from '../../support/gateway/shared-gateway.ts';
import { status, text } from '../../support/model/turn.ts';

const shared = shareModelGateway('openai', {
  settings: { MODEL_MAX_RETRIES: '1', MODEL_MAX_RETRY_WAIT_MS: '2000' },
});

/** Runs a prompt whose first request is refused like this. The second request is answered. */
async function refusedOnce(refusal: ReturnType<typeof status>): Promise<SeenRunEvent[]> {
  const gateway = shared();
  gateway.model.script([refusal], [text('After all')]);
  const sessionId = await gateway.createSession();
  return collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }));
}

const retryInfo = {
  error: {
    code: 429,
    message: 'You exceeded your current quota, please check your plan.',
    status: 'RESOURCE_EXHAUSTED',
    details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '0.3s' }],
  },
};

describe('a request is repeated when the provider asks for it', () => {
  test.each<[string, number, Parameters<typeof status>]>([
    ['in seconds', 0.2, [429, { headers: { 'retry-after': '0.2' } }]],
    ['in milliseconds', 0.3, [429, { headers: { 'retry-after-ms': '300' } }]],
    ['in details of the error', 0.3, [429, { body: JSON.stringify(retryInfo) }]],
    ['in words', 0.25, [429, { error: { message: 'Rate limit reached. Please try again in 250ms.' } }]],
    [
      'as the reset of a limit that is used up',
      0.3,
      [429, { headers: { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '300ms' } }],
    ],
    ['while it is overloaded', 0.2, [529, { headers: { 'retry-after': '0.2' } }]],
  ])('%s', async (_, seconds, refusal) => {
    const seen = await refusedOnce(status(...refusal));
    expect(seen.map(({ __typename }) => __typename).slice(0, 2)).toEqual([
      'RunStarted',
      'ModelRetryScheduled',
    ]);
    expect(textOf(seen)).toBe('After all');
    const scheduled = seen[1];
    const wait = Date.parse(scheduled?.['dueAt']) - Date.parse(scheduled?.['at']);
    expect(scheduled).toMatchObject({ attempt: 1, reason: expect.stringContaining('try again later') });
    expect(wait).toBeGreaterThan(seconds * 1_000 - 100);
    expect(wait).toBeLessThanOrEqual(seconds * 1_000 + 1);
  });

  test('at a date', async () => {
    const seen = await refusedOnce(
      status(503, { headers: { 'retry-after': new Date(Date.now() + 1_500).toUTCString() } }),
    );
    expect(textOf(seen)).toBe('After all');
  });
});

test.each([408, 409, 425, 500, 502])('a request is repeated after the status %s', async (code) => {
  const seen = await refusedOnce(status(code, { headers: { 'retry-after': '0' } }));
  expect(seen[1]).toMatchObject({ __typename: 'ModelRetryScheduled', code: 'PROVIDER_UNAVAILABLE' });
  expect(textOf(seen)).toBe('After all');
});

test.each<[string, Record<string, string>, RegExp]>([
  [
    'an hour',
    { 'retry-after': '3600' },
    /^The model provider is limiting requests; it takes the next request at \d\d:\d\d UTC, in 1 hour: Slow down$/,
  ],
  [
    'a date',
    { 'retry-after': new Date(Date.now() + 172_800_000).toUTCString() },
    /at \d{4}-\d\d-\d\d \d\d:\d\d UTC, in 2 days: Slow down$/,
  ],
])('a run fails at once and says when, if the provider asks for %s', async (_, headers, reason) => {
  const { model } = shared();
  const seen = await refusedOnce(status(429, { headers, error: { message: 'Slow down' } }));
  expect(seen.map(({ __typename }) => __typename)).toEqual(['RunStarted', 'RunFailed']);
  expect(seen[1]).toMatchObject({
    code: 'PROVIDER_RATE_LIMITED',
    reason: expect.stringMatching(reason),
    retryAt: expect.any(String),
  });
  expect(Date.parse(seen[1]?.['retryAt'])).toBeGreaterThan(Date.now() + 3_500_000);
  expect(model.requests).toHaveLength(1);
});

test('a run says when the provider takes the next request after the last retry too', async () => {
  const gateway = shared();
  gateway.model.otherwise(() => [status(429, { headers: { 'retry-after': '0.5' } })]);
  const sessionId = await gateway.createSession();
  const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }));
  expect(gateway.model.requests).toHaveLength(2);
  expect(seen.at(-1)).toMatchObject({ reason: expect.stringMatching(/at \d\d:\d\d:\d\d UTC, in 1 second/) });
  expect(Date.parse(seen.at(-1)?.['retryAt'])).toBeLessThan(Date.now() + 600);
});

test.each<[string, Parameters<typeof status>]>([
  ['402', [402, { error: { message: 'Insufficient credits' } }]],
  ['a used-up quota', [429, { error: { code: 'insufficient_quota', message: 'You exceeded your quota' } }]],
])('a run whose credit is used up fails at once: %s', async (_, refusal) => {
  const { model } = shared();
  const seen = await refusedOnce(status(...refusal));
  expect(seen.at(-1)).toMatchObject({
    __typename: 'RunFailed',
    reason: expect.stringMatching(
      /^The credit or the quota of this gateway at the model provider is used up: /,
    ),
    retryAt: null,
  });
  expect(model.requests).toHaveLength(1);
});

test('cancelRun ends the wait for a retry at once', async () => {
  const gateway = shared();
  gateway.model.script([status(429, { headers: { 'retry-after': '2' } })]);
  const sessionId = await gateway.createSession();
  const cancel = 'mutation ($runId: ID!) { cancelRun(input: { runId: $runId }) { cancelled } }';
  const seen: SeenRunEvent[] = [];
  for await (const event of chat(gateway.client(), { sessionId, prompt: 'Hi' })) {
    seen.push(event);
    if (event.__typename !== 'ModelRetryScheduled') continue;
    const { data } = await gateway.graphql(cancel, { runId: event.runId });
    expect(data.cancelRun.cancelled).toBe(true);
  }
  expect(seen.at(-1)).toMatchObject({ __typename: 'RunCancelled' });
  expect(gateway.model.requests).toHaveLength(1);
});
