import { expect, test } from 'vitest';
import { errorStatus, isErrorCode, passingCodes } from '../src/errors.ts';

test('isErrorCode accepts the codes of the table, and not the names of properties that every object has', () => {
  expect(Object.keys(errorStatus).every(isErrorCode)).toBe(true);
  expect(['NO_SUCH_CODE', 'constructor', undefined].some(isErrorCode)).toBe(false);
});

test('passingCodes has exactly the codes with a status of 408, 429 or at least 500', () => {
  const retried = Object.keys(errorStatus)
    .filter(isErrorCode)
    .filter((code) => errorStatus[code] >= 500 || [408, 429].includes(errorStatus[code]));
  expect([...passingCodes].toSorted()).toEqual(retried.toSorted());
});
