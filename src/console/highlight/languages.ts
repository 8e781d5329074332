/** The names by which each grammar is called behind the three backticks of a code block. */
const names = {
  bash: 'sh zsh',
  c: 'h',
  cpp: 'c++ cc cxx hpp hxx',
  csharp: 'cs c#',
  css: '',
  dart: '',
  diff: 'patch',
  dockerfile: 'docker containerfile',
  elixir: 'ex exs',
  go: 'golang',
  graphql: 'gql',
  haskell: 'hs',
  http: '',
  ini: 'toml conf',
  java: '',
  javascript: 'js jsx mjs cjs',
  json: 'json5 jsonc jsonl ndjson',
  kotlin: 'kt kts',
  lua: '',
  makefile: 'make mk',
  markdown: 'md mdx',
  nginx: '',
  objectivec: 'objc objective-c',
  perl: 'pl pm',
  php: '',
  powershell: 'ps1 pwsh ps',
  protobuf: 'proto',
  python: 'py python3',
  r: '',
  ruby: 'rb',
  rust: 'rs',
  scala: '',
  scss: 'sass',
  shell: 'console shell-session terminal',
  sql: 'postgres postgresql pgsql sqlite mysql',
  swift: '',
  typescript: 'ts tsx mts cts',
  xml: 'html xhtml svg vue',
  yaml: 'yml',
} as const;

/** A language that code can be highlighted in. */
export type Grammar = keyof typeof names;

const grammars = new Map<string, Grammar>(
  Object.entries(names).flatMap(([grammar, others]) =>
    [grammar, ...others.split(' ')].map((name) => [name, grammar as Grammar]),
  ),
);

/**
 * The grammar for what stands behind the three backticks, such as `TypeScript` or `js title="a.js"`. Undefined for a
 * language that is not known.
 */
export function grammarOf(info: string | undefined): Grammar | undefined {
  const [name] = /^[^\s{,:]+/.exec(info ?? '') ?? [];
  return name === undefined ? undefined : grammars.get(name.toLowerCase());
}
