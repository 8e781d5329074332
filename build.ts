import { chmodSync, existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildOptions, buildSync } from 'esbuild';

/**
 * What the program imports and the bundle leaves out: packages with native code or with files beside their code,
 * and packages that are loaded only when they are first used.
 */
const external = [
  'better-sqlite3',
  'swagger-ui-dist',
  '@prisma/client',
  '@prisma/adapter-pg',
  'pg',
  '@ai-sdk/*',
  '@aws-sdk/*',
  '@graphql-yoga/render-graphiql',
  '@opentelemetry/*',
  '@redis/client',
  'file-type',
  'gpt-tokenizer',
  'music-metadata',
  'prom-client',
  'undici',
];

/** What the agent and the gateway start as threads. */
const threads = {
  'answer-worker': 'src/workspace/answers/answer-worker.ts',
  'file-worker': 'src/agent/worker/file-worker.ts',
  'sync-thread': 'src/agent/sync/sync-thread.ts',
};

/**
 * The program, `dist/main.js`. It is bundled because importing 900 single files took a third of the processor time
 * of a start. A part that is loaded on demand stays a file of its own.
 */
const program: BuildOptions = {
  entryPoints: { main: 'src/main.ts', ...threads },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  sourcemap: true,
  // Node.js keeps the text of every module. Names stay as they are, for the stacks in the log.
  minifyWhitespace: true,
  minifySyntax: true,
  lineLimit: 200,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  external,
  // Otherwise graphql-js looks for a second copy of itself each time it asks for the kind of a type.
  define: { 'process.env.NODE_ENV': '"production"' },
  // Bundled CommonJS packages call `require` for what Node.js has built in.
  banner: {
    js: "import { createRequire as createRequire_ } from 'node:module'; const require = createRequire_(import.meta.url);",
  },
};

/** The threads alone, which are started by what runs from the sources: see `run-job.ts`. */
const agentThreads: BuildOptions = { ...program, entryPoints: threads, splitting: false };

/**
 * The client library, `switchyard/client` and `switchyard/client/react`, which share one copy of what both need. It
 * imports nothing but React. `tsc --project src/client` adds its types.
 */
const client: BuildOptions = {
  entryPoints: { client: 'src/client/client.ts', 'react/react': 'src/client/react/react.ts' },
  outdir: 'dist/client',
  bundle: true,
  splitting: true,
  external: ['react'],
  sourcemap: true,
  format: 'esm',
  target: 'es2023',
};

/** The console, `dist/console`: a page and its script, for the browser. */
const webConsole: BuildOptions = {
  entryPoints: ['main.tsx', 'main.css', 'index.html', 'icon.svg'].map((name) => `src/console/${name}`),
  outdir: 'dist/console',
  bundle: true,
  minify: true,
  sourcemap: true,
  target: 'es2023',
  loader: { '.html': 'copy', '.svg': 'copy' },
};

/** What highlights code in the console: a worker, and a file for each language, which is loaded when it is needed. */
const highlighting: BuildOptions = {
  entryPoints: { worker: 'src/console/highlight/worker.ts' },
  outdir: 'dist/console/highlight',
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  target: 'es2023',
};

/** Writes `dist` anew. */
export function build(): void {
  rmSync('dist', { recursive: true, force: true });
  buildSync(program);
  chmodSync('dist/main.js', 0o755);
  buildSync(client);
  buildConsole();
}

export function buildConsole(): void {
  buildSync(webConsole);
  rmSync('dist/console/highlight', { recursive: true, force: true });
  buildSync(highlighting);
}

/** The last files that a build writes, of the program and of its console. */
const results = ['dist/main.js', 'dist/console/main.js', 'dist/console/highlight/worker.js'];
/** What a build depends on besides the sources. */
const settings = ['build.ts', 'codegen.ts', 'package-lock.json', 'prisma/schema.prisma', 'tsconfig.json'];

/**
 * Whether a source is newer than what was built from it, or something was not built.
 *
 * @param more Further files that must have been built.
 */
export function isStale(more: readonly string[] = []): boolean {
  const sources = readdirSync(join(import.meta.dirname, 'src'), { recursive: true, encoding: 'utf8' });
  // Folders count too: their time tells that a file was removed.
  const needed = [...settings, ...sources.map((file) => join('src', file))];
  const builtAt = Math.min(...results.map(writtenAt));
  return more.some((file) => writtenAt(file) === 0) || needed.some((file) => writtenAt(file) > builtAt);
}

/** In milliseconds; 0 for a file that is not there. */
function writtenAt(file: string): number {
  const path = join(import.meta.dirname, file);
  return existsSync(path) ? statSync(path).mtimeMs : 0;
}

if (import.meta.filename === process.argv[1]) {
  const [part] = process.argv.slice(2);
  if (part === 'is-fresh') {
    // `npx switchyard` in a checkout runs `prepare`, as `npm ci` does, and must not build again what is built.
    process.exitCode = isStale(['dist/client/client.d.ts', 'src/generated/prisma', 'src/gql']) ? 1 : 0;
  } else if (part === undefined) build();
  else buildConsole();
  // What a program that runs from the sources needs in `dist`.
  if (part === 'dev') buildSync(agentThreads);
}
