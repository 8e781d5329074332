import { describe, expect, test } from 'vitest';
import { errorStatus, isErrorCode, passingCodes } from '../src/errors.ts';

describe('the table of error codes', () => {
  test('knows its own codes and no others, not even names that every object has', () => {
    expect(Object.keys(errorStatus).every(isErrorCode)).toBe(true);
    expect(['NO_SUCH_CODE', 'constructor', undefined].some(isErrorCode)).toBe(false);
  });

  test('calls a code passing where its status says that the server is at fault or busy, or the client was slow', () => {
    const retried = Object.keys(errorStatus)
      .filter(isErrorCode)
      .filter((code) => errorStatus[code] >= 500 || [408, 429].includes(errorStatus[code]));
    expect([...passingCodes].toSorted()).toEqual(retried.toSorted());
  });
});
