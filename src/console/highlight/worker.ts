import type { LanguageFn } from 'highlight.js';
import highlighter from 'highlight.js/lib/core';
import type { Grammar } from './languages.ts';
import { marksOf } from './marks.ts';
import type { HighlightReply, HighlightRequest } from './protocol.ts';

/** Each grammar is a file of its own, which is loaded with the first code in its language. */
const grammars: Record<Grammar, () => Promise<{ default: LanguageFn }>> = {
  bash: () => import('highlight.js/lib/languages/bash'),
  c: () => import('highlight.js/lib/languages/c'),
  cpp: () => import('highlight.js/lib/languages/cpp'),
  csharp: () => import('highlight.js/lib/languages/csharp'),
  css: () => import('highlight.js/lib/languages/css'),
  dart: () => import('highlight.js/lib/languages/dart'),
  diff: () => import('highlight.js/lib/languages/diff'),
  dockerfile: () => import('highlight.js/lib/languages/dockerfile'),
  elixir: () => import('highlight.js/lib/languages/elixir'),
  go: () => import('highlight.js/lib/languages/go'),
  graphql: () => import('highlight.js/lib/languages/graphql'),
  haskell: () => import('highlight.js/lib/languages/haskell'),
  http: () => import('highlight.js/lib/languages/http'),
  ini: () => import('highlight.js/lib/languages/ini'),
  java: () => import('highlight.js/lib/languages/java'),
  javascript: () => import('highlight.js/lib/languages/javascript'),
  json: () => import('highlight.js/lib/languages/json'),
  kotlin: () => import('highlight.js/lib/languages/kotlin'),
  lua: () => import('highlight.js/lib/languages/lua'),
  makefile: () => import('highlight.js/lib/languages/makefile'),
  markdown: () => import('highlight.js/lib/languages/markdown'),
  nginx: () => import('highlight.js/lib/languages/nginx'),
  objectivec: () => import('highlight.js/lib/languages/objectivec'),
  perl: () => import('highlight.js/lib/languages/perl'),
  php: () => import('highlight.js/lib/languages/php'),
  powershell: () => import('highlight.js/lib/languages/powershell'),
  protobuf: () => import('highlight.js/lib/languages/protobuf'),
  python: () => import('highlight.js/lib/languages/python'),
  r: () => import('highlight.js/lib/languages/r'),
  ruby: () => import('highlight.js/lib/languages/ruby'),
  rust: () => import('highlight.js/lib/languages/rust'),
  scala: () => import('highlight.js/lib/languages/scala'),
  scss: () => import('highlight.js/lib/languages/scss'),
  shell: () => import('highlight.js/lib/languages/shell'),
  sql: () => import('highlight.js/lib/languages/sql'),
  swift: () => import('highlight.js/lib/languages/swift'),
  typescript: () => import('highlight.js/lib/languages/typescript'),
  xml: () => import('highlight.js/lib/languages/xml'),
  yaml: () => import('highlight.js/lib/languages/yaml'),
};

/** The grammars whose code may stand within code of another one. */
const inner: Partial<Record<Grammar, readonly Grammar[]>> = {
  xml: ['css', 'javascript'],
  markdown: ['xml'],
  php: ['xml'],
  shell: ['bash'],
  http: ['json'],
};

/** Loads the files of a grammar and of those within it. */
async function load(grammar: Grammar): Promise<ReadonlyMap<Grammar, LanguageFn>> {
  const needed = [...(inner[grammar] ?? []), grammar].filter((each) => !highlighter.getLanguage(each));
  return new Map(
    await Promise.all(needed.map(async (each) => [each, (await grammars[each]()).default] as const)),
  );
}

const reply = (message: HighlightReply) => postMessage(message);

addEventListener('message', async ({ data: { code, grammar } }: MessageEvent<HighlightRequest>) => {
  try {
    const loaded = await load(grammar);
    reply({ begun: true });
    for (const [each, rules] of loaded) highlighter.registerLanguage(each, rules);
    const { value } = highlighter.highlight(code, { language: grammar, ignoreIllegals: true });
    reply({ marks: marksOf(value, code) });
  } catch {
    // The file of the grammar could not be loaded, or the grammar is at a loss. The code stays plain.
    reply({ marks: undefined });
  }
});
