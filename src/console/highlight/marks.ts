import { resolveEntities } from '../../base/html-entities.ts';

/** What a piece of code is, as far as its colour tells. */
type Kind = 'keyword' | 'string' | 'comment' | 'number' | 'name' | 'type' | 'added' | 'removed';

/** A piece of code: how many UTF-16 code units it has, and what it is. Pieces without a kind have the usual colour. */
export type Mark = readonly [length: number, kind: Kind | undefined];

/** The scopes of highlight.js that get a colour, without their prefix. */
const kinds: Readonly<Record<string, Kind>> = {
  keyword: 'keyword',
  built_in: 'type',
  type: 'type',
  'title class_': 'type',
  literal: 'number',
  number: 'number',
  symbol: 'number',
  regexp: 'string',
  string: 'string',
  char: 'string',
  'char escape_': 'number',
  link: 'string',
  subst: 'name',
  comment: 'comment',
  quote: 'comment',
  doctag: 'comment',
  meta: 'comment',
  'meta prompt_': 'comment',
  title: 'name',
  'title function_': 'name',
  section: 'keyword',
  tag: 'comment',
  name: 'keyword',
  attr: 'name',
  attribute: 'name',
  property: 'name',
  variable: 'name',
  'template-variable': 'name',
  'template-tag': 'keyword',
  'variable language_': 'keyword',
  'variable constant_': 'number',
  selector: 'keyword',
  'selector-tag': 'keyword',
  'selector-id': 'type',
  'selector-class': 'type',
  'selector-attr': 'name',
  'selector-pseudo': 'name',
  addition: 'added',
  deletion: 'removed',
};

/**
 * Reads what highlight.js writes: the code as HTML, in spans whose class names the scope. Of nested spans, the innermost
 * one with a kind counts.
 *
 * @returns Undefined if the HTML does not hold exactly the code.
 */
export function marksOf(html: string, code: string): Mark[] | undefined {
  const marks: [length: number, kind: Kind | undefined][] = [];
  const stack: (Kind | undefined)[] = [];
  let seen = '';
  for (const [part, scope] of html.matchAll(
    /<span class="(?:hljs-|language-)([^"]*)">|<\/span>|&[#\w]+;|[^<&]+|[<&]/g,
  )) {
    if (part.startsWith('<span')) stack.push(kinds[scope ?? ''] ?? stack.at(-1));
    else if (part === '</span>') stack.pop();
    else {
      const text = resolveEntities(part);
      const last = marks.at(-1);
      const kind = stack.at(-1);
      if (last?.[1] === kind && last) last[0] += text.length;
      else marks.push([text.length, kind]);
      seen += text;
    }
  }
  return seen === code ? marks : undefined;
}
