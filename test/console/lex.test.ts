import type { Token } from 'marked';
import { describe, expect, test } from 'vitest';
import { lex } from '../../src/console/markdown/lex.ts';

const size = 100_000;
const hostile: Record<string, string> = {
  'nested quotations': '>'.repeat(size),
  'nested quotations with spaces': '> '.repeat(size),
  'nested lists': Array.from({ length: 500 }, (_, depth) => `${'  '.repeat(depth)}- a`).join('\n'),
  'nested lists on one line': '- '.repeat(size),
  'quotations that each continue on another line': '> a\nb\n'.repeat(size / 6),
};
const hostileInline: Record<string, string> = {
  brackets: '['.repeat(size),
  'emphasis that never ends': '*a_'.repeat(size / 3),
  'nested emphasis': `${'**_'.repeat(size / 6)}a${'_**'.repeat(size / 6)}`,
  tags: '<a '.repeat(size / 3),
};

const typesOf = (tokens: readonly Token[] | undefined) => tokens?.map(({ type, raw }) => [type, raw]);

describe('Markdown that could keep the page busy', () => {
  test.each(Object.entries(hostile))('a text of %s is taken for plain text', (_what, text) => {
    expect(typesOf(lex(text))).toEqual([['html', text]]);
  });

  test.each(Object.entries(hostileInline))('a paragraph of %s is taken for plain text', (_what, text) => {
    const [paragraph, ...others] = lex(text) as (Token & { tokens?: Token[] })[];
    expect(paragraph?.type).toBe('paragraph');
    expect(typesOf(paragraph?.tokens)).toEqual([['html', text]]);
    expect(others).toEqual([]);
  });

  test('a long answer with many elements is not taken for plain text', () => {
    const section =
      '## Title\n\nSome *text* with `code`, [links](https://example.org) and **more**.\n\n- a\n  - b\n\n> c\n\n';
    const types = new Set(lex(section.repeat(500)).map(({ type }) => type));
    expect([...types].sort()).toEqual(['blockquote', 'heading', 'list', 'paragraph', 'space']);
  });
});
