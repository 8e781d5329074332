import { chmodSync, rmSync } from 'node:fs';
import { type BuildOptions, buildSync } from 'esbuild';

/**
 * What the program imports and the bundle leaves out: packages with native code or with files beside their code,
 * and packages that are loaded only when they are first used.
 */
const external = [
  'better-sqlite3',
  'swagger-ui-dist',
  '@prisma/client',
  '@ai-sdk/*',
  '@aws-sdk/*',
  '@graphql-yoga/render-graphiql',
  '@redis/client',
  'file-type',
  'gpt-tokenizer',
  'music-metadata',
  'undici',
];

/**
 * The program, `dist/main.js`. It is bundled because importing 900 single files took a third of the processor time
 * of a start. A part that is loaded on demand stays a file of its own.
 */
const program: BuildOptions = {
  // The agent starts the second one as a thread.
  entryPoints: { main: 'src/main.ts', 'file-worker': 'src/agent/worker/file-worker.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  sourcemap: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  external,
  // Bundled CommonJS packages call `require` for what Node.js has built in.
  banner: {
    js: "import { createRequire as createRequire_ } from 'node:module'; const require = createRequire_(import.meta.url);",
  },
};

/** The thread of file tools alone, which an agent that runs from the sources starts: see `run-job.ts`. */
const fileWorker: BuildOptions = {
  ...program,
  entryPoints: { 'file-worker': 'src/agent/worker/file-worker.ts' },
  splitting: false,
};

/** The client kit, `switchyard/client`: one file that imports nothing. `tsc --project src/client` adds its types. */
const client: BuildOptions = {
  entryPoints: ['src/client/client.ts'],
  outdir: 'dist/client',
  bundle: true,
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
}

if (import.meta.filename === process.argv[1]) {
  const [part] = process.argv.slice(2);
  if (part === undefined) build();
  else buildConsole();
  // What a program that runs from the sources needs in `dist`.
  if (part === 'dev') buildSync(fileWorker);
}
