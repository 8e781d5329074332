import type { Token } from 'marked';
import { describe, expect, test } from 'vitest';
import { lex } from '../../src/console/markdown/lex.ts';

const size = 100_000;
const hostile: Record<string, string> = {
  'quotations within each other': '>'.repeat(size),
  'quotations within each other, with space': '> '.repeat(size),
  'lists within each other': Array.from({ length: 500 }, (_, depth) => `${'  '.repeat(depth)}- a`).join('\n'),
  'lists within each other on one line': '- '.repeat(size),
  'quotations that lines go on with': '> a\nb\n'.repeat(size / 6),
};
const hostileInline: Record<string, string> = {
  brackets: '['.repeat(size),
  'emphasis that never ends': '*a_'.repeat(size / 3),
  'emphasis within emphasis': `${'**_'.repeat(size / 6)}a${'_**'.repeat(size / 6)}`,
  tags: '<a '.repeat(size / 3),
};

const typesOf = (tokens: readonly Token[] | undefined) => tokens?.map(({ type, raw }) => [type, raw]);

describe('Markdown that is made to keep the page busy is taken for plain text', () => {
  test.each(Object.entries(hostile))('%s', (_what, text) => {
    expect(typesOf(lex(text))).toEqual([['html', text]]);
  });

  test.each(Object.entries(hostileInline))('%s', (_what, text) => {
    const [paragraph, ...others] = lex(text) as (Token & { tokens?: Token[] })[];
    expect(paragraph?.type).toBe('paragraph');
    expect(typesOf(paragraph?.tokens)).toEqual([['html', text]]);
    expect(others).toEqual([]);
  });

  test('but not a long answer with much in it', () => {
    const section =
      '## Title\n\nSome *text* with `code`, [links](https://example.org) and **more**.\n\n- a\n  - b\n\n> c\n\n';
    const types = new Set(lex(section.repeat(500)).map(({ type }) => type));
    expect([...types].sort()).toEqual(['blockquote', 'heading', 'list', 'paragraph', 'space']);
  });
});
