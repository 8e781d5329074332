import type { Token } from 'marked';
import { describe, expect, test } from 'vitest';
import { lex } from '../../src/console/markdown/lex.ts';
import { type Blocks, hasMore, noBlocks, readBlocks } from '../../src/console/markdown/read-blocks.ts';

const size = 100_000;
const fill = (part: string) => part.repeat(size / part.length);
const hostile: Record<string, string> = {
  'nested quotations': fill('>'),
  'nested quotations with spaces': fill('> '),
  'nested lists': Array.from({ length: 500 }, (_, depth) => `${'  '.repeat(depth)}- a`).join('\n'),
  'nested lists on one line': `${fill('- ')}a`,
  'nested lists and quotations': fill('1. > - '),
  'quotations that each continue on another line': fill('> a\nb\n'),
  'a quotation of lists that each continue on another line': fill('> - a\nb\n'),
  'a list that continues on many lines': `- a\n${fill('b\n')}`,
  'a list that continues on many indented lines': `- a\n${fill('  b\n')}`,
};
const hostileInline: Record<string, string> = {
  brackets: fill('['),
  'links that never end': fill('[a]('),
  'emphasis that never ends': fill('*a_'),
  'nested emphasis': `${'**_'.repeat(size / 6)}a${'_**'.repeat(size / 6)}`,
  'emphasis between punctuation': fill('*.'),
  'a word with many underscores': fill('a_'),
  tags: fill('<a '),
  'code that never ends': fill('`a'),
  'backticks in rows of different lengths': Array.from({ length: 440 }, (_, count) => '`'.repeat(count)).join(
    'a',
  ),
  'an address with a long end': `http://a${fill(')')}`,
};
const others: Record<string, string> = {
  'a long word': fill('a'),
  'a table with many rows': `|a|\n|-|\n${fill('|a|\n')}`,
  'a table with many columns': `${fill('|a')}\n${fill('|-')}\n`,
  'many short paragraphs': fill('a\n\n'),
  'many link definitions': fill('[a]: b\n'),
  'many headings': fill('# a #\n'),
  'many list items': fill('- a\n'),
  'many unfinished code blocks': fill('```\n'),
  'addresses without a domain': fill('a@'),
  'escaped marks': fill('\\*'),
  dollars: fill('$a_'),
  'formulas that never end': fill('\\['),
};

const typesOf = (tokens: readonly Token[] | undefined) => tokens?.map(({ type, raw }) => [type, raw]);

/**
 * Reads as the page does: again until nothing is left, or until the rest stays plain text.
 *
 * @param first What the first reading has found, if it was read already: readings of hostile texts take long.
 */
function readAll(text: string, first?: Blocks): { blocks: Blocks; readings: number } {
  let blocks = first ?? readBlocks(text, noBlocks);
  let readings = 1;
  for (; hasMore(blocks); readings++) blocks = readBlocks(text, blocks);
  return { blocks, readings };
}

/** Milliseconds of processor time. Other threads of the process count too, so the least of up to ten attempts counts. */
function cpuMs(work: () => void, enough: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 10 && least >= enough; attempt++) {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1_000);
  }
  return least;
}

describe('Markdown that could keep the page busy', () => {
  test.each(Object.entries(hostile))('a text of %s is taken for plain text', (_what, text) => {
    expect(typesOf(lex(text, 50).tokens)).toEqual([['html', text]]);
  });

  test.each(Object.entries(hostileInline))('a paragraph of %s is taken for plain text', (_what, text) => {
    const [paragraph, ...more] = lex(text, 50).tokens as (Token & { tokens?: Token[] })[];
    expect(paragraph?.type).toBe('paragraph');
    expect(typesOf(paragraph?.tokens)).toEqual([['html', text]]);
    expect(more).toEqual([]);
  });

  test.each(Object.entries({ ...hostile, ...hostileInline, ...others }))(
    'reading %s stops within 100 ms, and loses no character',
    (_what, text) => {
      let first = noBlocks;
      const ms = cpuMs(() => {
        first = readBlocks(text, noBlocks);
      }, 100);
      expect(ms).toBeLessThan(100);
      const { blocks } = readAll(text, first);
      expect(blocks.tokens.map(({ raw }) => raw).join('').length + blocks.rest.length).toBe(text.length);
    },
  );

  test('a long answer with many elements is not taken for plain text', () => {
    const section =
      '## Title\n\nSome *text* with `code`, [links](https://example.org) and **more**.\n\n- a\n  - b\n\n> c\n\n';
    const { blocks } = readAll(section.repeat(500));
    const types = new Set(blocks.tokens.map(({ type }) => type));
    expect([...types].sort()).toEqual(['blockquote', 'heading', 'list', 'paragraph', 'space']);
    expect(blocks.rest).toBe('');
  });
});

describe('Markdown that arrives in deltas', () => {
  const lazyList = `Before\n\n- a\n${fill('b\n')}`;

  test('a block that took too long twice stays plain text, and is not read again for each delta', () => {
    const { blocks, readings } = readAll(lazyList);
    expect(blocks.late).toBe(2);
    expect(readings).toBeLessThanOrEqual(3);
    const grown = Array.from({ length: 1_000 }, (_, count) => `${lazyList}${'more\n'.repeat(count)}`);

    let last = blocks;
    const ms = cpuMs(() => {
      last = grown.reduce((before, text) => readBlocks(text, before), blocks);
    }, 1_000);

    expect(ms).toBeLessThan(1_000);
    expect(last.tokens).toEqual(blocks.tokens);
    expect(last.rest.endsWith('more\n')).toBe(true);
  });

  test('a text that arrives in pieces has the same blocks as the whole text', () => {
    const written = `# Title\n\n- one\n- two\n\n  more of two\n\n\`\`\`js\n${'const a = 1;\n\n'.repeat(400)}\`\`\`\n\n> quoted\nlazily\n\n`;
    const text = written.repeat(3);
    let grown = noBlocks;
    for (let end = 0; end <= text.length + 50; end += 50) {
      do grown = readBlocks(text.slice(0, end), grown);
      while (hasMore(grown));
    }
    expect(grown.rest).toBe('');
    expect(grown.tokens).toEqual(readAll(text).blocks.tokens);
    expect(grown.tokens).toEqual([...lex(text, 60_000).tokens]);
  });
});

test.each([
  ['a \\[ x^2 \\] b', '\\[ x^2 \\]'],
  ['a \\(x*y*z\\) b', '\\(x*y*z\\)'],
  ['a $$\na*b*c\n$$ b', '$$\na*b*c\n$$'],
  ['a $x_1 * y_1$, b', '$x_1 * y_1$'],
])('a formula is kept as it was written: %j', (source, formula) => {
  expect(inlineOf(source)).toContainEqual(['codespan', formula]);
});

test.each(['It costs $5 or $6_', 'from $HOME/a_b to $PATH', '\\[not a formula]', 'a $$$$ b', '$x$'])(
  'a text with dollars or escaped brackets is no formula: %j',
  (source) => {
    expect(inlineOf(source)).not.toContainEqual(['codespan', expect.anything()]);
  },
);

function inlineOf(source: string) {
  const [paragraph] = lex(source, 1_000).tokens;
  return typesOf(paragraph && 'tokens' in paragraph ? paragraph.tokens : []);
}
