import { expect, test } from 'vitest';
import { grammarOf } from '../../src/console/highlight/languages.ts';
import { marksOf } from '../../src/console/highlight/marks.ts';

test.each([
  ['ts', 'typescript'],
  ['TypeScript', 'typescript'],
  ['js title="a.js"', 'javascript'],
  ['python{1,3}', 'python'],
  ['c++', 'cpp'],
  ['html', 'xml'],
  ['constructor', undefined],
  ['unheard-of', undefined],
  ['', undefined],
  [undefined, undefined],
])('code that is called %j is read with the grammar %j', (info, grammar) => {
  expect(grammarOf(info)).toBe(grammar);
});

test('the innermost span decides what a piece is, and entities are the characters of the code', () => {
  const code = 'let a = `<$b>`; // "&"';
  const html =
    '<span class="hljs-keyword">let</span> a = <span class="hljs-string">`&lt;<span class="hljs-subst">$b</span>&gt;`</span>; ' +
    '<span class="hljs-comment">// &quot;&amp;&quot;</span>';
  expect(marksOf(html, code)).toEqual([
    [3, 'keyword'],
    [5, undefined],
    [2, 'string'],
    [2, 'name'],
    [2, 'string'],
    [2, undefined],
    [6, 'comment'],
  ]);
});

test('a span of a scope without a colour has that of the span around it', () => {
  expect(marksOf('<span class="hljs-string">a<span class="language-xml">b</span></span>', 'ab')).toEqual([
    [2, 'string'],
  ]);
});

test('words that every object of JavaScript knows are pieces like others', () => {
  const html = '<span class="hljs-title function_">constructor</span> toString';
  expect(marksOf(html, 'constructor toString')).toEqual([
    [11, 'name'],
    [9, undefined],
  ]);
});

test('code that is not what the HTML holds gets no colours', () => {
  expect(marksOf('<span class="hljs-keyword">let</span>', 'let it')).toBeUndefined();
});
