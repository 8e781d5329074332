import { describe, expect, test } from 'vitest';
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
