import { describe, expect, test } from 'vitest';
import { BackOff, pause } from '../../src/client/back-off.ts';
import { gatewayErrorOf, gatewayErrorOfResponse, unreachable } from '../../src/client/errors.ts';
import { errorStatus, passingCodes } from '../../src/errors.ts';

function errorOfCode(code: string) {
  return gatewayErrorOf([{ message: 'No.', extensions: { code } }]);
}

describe('a GatewayError', () => {
  test('is passing for exactly those codes of the gateway that mean "try again later"', () => {
    const passing = Object.keys(errorStatus).filter((code) => errorOfCode(code).isPassing);
    expect(passing.sort()).toEqual([...passingCodes].sort());
  });

  test('is passing where no response came', () => {
    expect(unreachable(new TypeError('fetch failed'))).toMatchObject({
      code: 'UNREACHABLE',
      isPassing: true,
    });
  });

  test('is final for an error without a code', () => {
    expect(gatewayErrorOf([{ message: 'No.' }])).toMatchObject({ code: '', isPassing: false });
  });

  test('reads code, status and Retry-After of a refused request', async () => {
    const body = { errors: [{ message: 'Too many.', extensions: { code: 'RATE_LIMITED' } }] };
    const response = Response.json(body, { status: 429, headers: { 'retry-after': '3' } });
    expect(await gatewayErrorOfResponse(response)).toMatchObject({
      message: 'Too many.',
      code: 'RATE_LIMITED',
      status: 429,
      retryAfterMs: 3_000,
    });
  });

  test.each([
    [401, 'UNAUTHENTICATED', false],
    [403, 'FORBIDDEN', false],
    [404, 'UNREACHABLE', true],
    [502, 'UNREACHABLE', true],
  ])('takes the status %i of a proxy for %s', async (status, code, isPassing) => {
    const response = new Response('<html>', { status });
    expect(await gatewayErrorOfResponse(response)).toMatchObject({ code, status, isPassing });
  });
});

describe('a back-off', () => {
  test('doubles its pauses up to the longest, and starts again after a success', () => {
    const backOff = new BackOff({ firstMs: 100, longestMs: 400 });
    for (const limit of [100, 200, 400, 400]) {
      const ms = backOff.next();
      expect(ms).toBeGreaterThanOrEqual(limit / 2);
      expect(ms).toBeLessThanOrEqual(limit);
    }
    backOff.reset();
    expect(backOff.next()).toBeLessThanOrEqual(100);
  });

  test('waits as long as the gateway asked for', () => {
    expect(new BackOff({ firstMs: 100, longestMs: 400 }).next(9_000)).toBe(9_000);
  });

  test('ends a pause when its signal aborts', async () => {
    const giveUp = new AbortController();
    const paused = pause(600_000, giveUp.signal);
    giveUp.abort();
    await expect(paused).resolves.toBeUndefined();
  });
});
