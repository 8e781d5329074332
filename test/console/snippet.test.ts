import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressOf, hashOf } from '../../src/console/state/address.ts';
import { fileNameOf } from '../../src/console/state/export-session.ts';
import { snippetParts } from '../../src/console/state/snippet.ts';

test('a snippet is text, in which only the found words are marked', () => {
  const snippet = '…a &amp;lt; <mark>b</mark>&lt;mark&gt;c&lt;/mark&gt; <img src=x> &#39;<mark>d</mark>';
  expect(snippetParts(snippet)).toEqual([
    { text: '…a &lt; ', isFound: false },
    { text: 'b', isFound: true },
    { text: "<mark>c</mark> <img src=x> '", isFound: false },
    { text: 'd', isFound: true },
  ]);
});

test('an address names the session and the message that it was made for', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, unit: 'grapheme' }),
      fc.option(fc.string({ minLength: 1 })),
      (id, message) => {
        const messageId = message ?? undefined;
        expect(addressOf(hashOf(id, messageId))).toEqual({ sessionId: id, messageId });
      },
    ),
  );
  expect(addressOf(hashOf(undefined))).toEqual({ sessionId: '', messageId: undefined });
  expect(addressOf('#%zz')).toEqual({ sessionId: '%zz', messageId: undefined });
});

test.each([
  ['../../etc/passwd', 'etc passwd'],
  ['a\u0000b\u202ec: "d"', 'a b c d'],
  ['...', 'session'],
  ['Ünïcode 東京', 'Ünïcode 東京'],
  ['x'.repeat(300), 'x'.repeat(80)],
])('a conversation with the title %j is saved as %j', (title, name) => {
  expect(fileNameOf({ title, createdAt: '2026-01-31T12:00:00Z' })).toBe(name);
});
