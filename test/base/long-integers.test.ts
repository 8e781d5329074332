import { expect, test } from 'vitest';
import {
  parseLongIntegers,
  passLongIntegers,
  roundLongIntegers,
  storeLongIntegers,
  withLongIntegers,
  writeJson,
} from '../../src/base/long-integers.ts';

const digits = '12345678901234567890';

test('a long integer is written as it was read, at any depth and below zero', () => {
  const json = `{"a":[${digits},-${digits},{"b":${digits}}],"c":9007199254740991,"d":0.1,"e":"x${digits}"}`;
  const stored = JSON.parse(JSON.stringify(storeLongIntegers(parseLongIntegers(json))));
  expect(writeJson(passLongIntegers(stored))).toBe(json);
});

test('a long integer is a number in JSON that is a text in other JSON', () => {
  const args = JSON.stringify(parseLongIntegers(`{"id":${digits}}`));
  const body = withLongIntegers(JSON.stringify({ arguments: args }));
  expect(JSON.parse(body)).toEqual({ arguments: `{"id":${digits}}` });
});

test('digits in texts, escaped quotes and short numbers are left alone', () => {
  const json = JSON.stringify({ [`"${digits}`]: `a\\"${digits}\\`, n: 1, e: 1e21, f: 1.5 });
  expect(parseLongIntegers(json)).toEqual(JSON.parse(json));
});

test('a text of somebody else does not become a number', () => {
  const text = `\uFDD0${digits}`;
  expect(writeJson({ title: text })).toBe(JSON.stringify({ title: text }));
});

test('a long integer can be rounded', () => {
  expect(roundLongIntegers(parseLongIntegers(`{"id":${digits}}`))).toEqual({ id: Number(digits) });
});

test('a long integer beside a million backslashes is written', () => {
  const json = `{"id":${digits},"path":"${String.raw`\\`.repeat(1_000_000)}"}`;
  expect(writeJson(parseLongIntegers(json))).toBe(json);
});
