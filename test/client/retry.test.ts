import { expect, test } from 'vitest';
import { GatewayError } from '../../src/client/errors.ts';
import { backOffMs, createRetry, pause, repeat } from '../../src/client/retry.ts';

const never = new AbortController().signal;

test('the pause before another attempt doubles with each attempt up to the longest', () => {
  const limits = { firstMs: 100, longestMs: 400 };
  for (const [index, limit] of [100, 200, 400, 400].entries()) {
    const ms = backOffMs(index + 1, limits);
    expect(ms).toBeGreaterThanOrEqual(limit / 2);
    expect(ms).toBeLessThanOrEqual(limit);
  }
});

test('the pause is as long as the gateway asked for', () => {
  expect(backOffMs(1, { firstMs: 100, longestMs: 400 }, 9_000)).toBe(9_000);
});

test('the pause ends when its signal aborts', async () => {
  const giveUp = new AbortController();
  const paused = pause(600_000, giveUp.signal);
  giveUp.abort();
  await expect(paused).resolves.toBeUndefined();
});

const passing = new GatewayError('Not now.', 'OVERLOADED');
const final = new GatewayError('No.', 'FORBIDDEN');

test('a retry resolves after a passing error and rejects with a final one', async () => {
  const retry = createRetry({ firstMs: 1 });
  await expect(retry({ error: passing, attempt: 1, signal: never })).resolves.toBeUndefined();
  await expect(retry({ error: final, attempt: 1, signal: never })).rejects.toBe(final);
});

test('a retry rejects with the error of the last attempt that it allows', async () => {
  const retry = createRetry({ firstMs: 1, attempts: 3 });
  await expect(retry({ error: passing, attempt: 2, signal: never })).resolves.toBeUndefined();
  await expect(retry({ error: passing, attempt: 3, signal: never })).rejects.toBe(passing);
});

test('an action is repeated until it succeeds, with the number of each failed attempt', async () => {
  const attempts: number[] = [];
  const act = async () => {
    if (attempts.length < 3) throw new GatewayError('Not now.', 'OVERLOADED');
    return 'done';
  };
  const retry = async ({ attempt }: { attempt: number }) => void attempts.push(attempt);
  expect(await repeat(act, retry, never)).toBe('done');
  expect(attempts).toEqual([1, 2, 3]);
});

test('an action is not repeated after an error that is no GatewayError', async () => {
  const fault = new TypeError('A fault of the program.');
  await expect(repeat(() => Promise.reject(fault), createRetry(), never)).rejects.toBe(fault);
});
