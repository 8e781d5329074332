import { expect, test } from 'vitest';
import { explain } from '../../../../src/chat/models/failure/provider-error.ts';
import { parseWithArguments } from '../../../../src/chat/models/wire/parse-with-arguments.ts';
import { hasNoArguments } from '../../../../src/chat/models/wire/tool-call-fragments.ts';

// Each of these took minutes at least, in one turn, when a pattern read the same characters in several ways.

test('a line that broke off within a text, and one with a number of Python, are read', () => {
  expect(parseWithArguments(`{"n":NaN,"text":"${'x'.repeat(100_000)}`)).toBeUndefined();
  expect(parseWithArguments(String.raw`{"n":NaN,"text":"NaN \" NaN \\"}`)).toEqual({
    n: null,
    text: String.raw`NaN " NaN \\`.slice(0, -1),
  });
});

test('arguments that begin with a million spaces are read', () => {
  const spaces = ' \n'.repeat(500_000);
  expect(hasNoArguments(spaces)).toBe(true);
  expect(hasNoArguments(`${spaces}{${spaces}}${spaces}`)).toBe(true);
  expect(hasNoArguments(`${spaces}{"a":1}`)).toBe(false);
});

test.each(['a.', 'a+', 'sk-', '1.', 'localhost:'])(
  'an explanation of a provider that repeats %j is shown in a sentence',
  (words) => {
    const sentence = explain('PROVIDER_REJECTED', words.repeat(500_000));
    expect(sentence.length).toBeLessThan(500);
  },
);
