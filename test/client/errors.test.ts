import { expect, test } from 'vitest';
import { gatewayErrorOf, gatewayErrorOfResponse, unreachable } from '../../src/client/errors.ts';
import { errorStatus, passingCodes } from '../../src/errors.ts';

function errorOfCode(code: string) {
  return gatewayErrorOf([{ message: 'No.', extensions: { code } }]);
}

test('an error is passing for exactly the codes that the gateway lists as passing', () => {
  const passing = Object.keys(errorStatus).filter((code) => errorOfCode(code).isPassing);
  expect(passing.sort()).toEqual([...passingCodes].sort());
});

test('an error of a request that got no response is passing', () => {
  expect(unreachable(new TypeError('fetch failed'))).toMatchObject({
    code: 'UNREACHABLE',
    isPassing: true,
  });
});

test('an error of a result has the code, the extensions and the time to wait of the result', () => {
  const extensions = { code: 'OVERLOADED', limit: 'MAX_LIVE_RUNS', retryAfter: 2 };
  expect(gatewayErrorOf([{ message: 'Busy.', extensions }])).toMatchObject({
    message: 'Busy.',
    code: 'OVERLOADED',
    status: undefined,
    retryAfterMs: 2_000,
    extensions,
  });
});

test('an error without a code is final', () => {
  expect(gatewayErrorOf([{ message: 'No.' }])).toMatchObject({ code: '', isPassing: false });
});

test('an error of a refused request has the code, the status and Retry-After of the response', async () => {
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
])('the status %i of a proxy is taken for %s', async (status, code, isPassing) => {
  const response = new Response('<html>', { status });
  expect(await gatewayErrorOfResponse(response)).toMatchObject({ code, status, isPassing });
});
