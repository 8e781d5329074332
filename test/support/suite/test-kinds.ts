import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSourceFile } from '../files/source-file.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What a test file needs around it. The files that share processes come first, and of them the costliest. */
export const kinds = ['browser', 'process', 'gateway', 'unit', 'alone', 'static'] as const;

export type Kind = (typeof kinds)[number];

/** What touches the whole process in which it runs, and would be felt by the next file there. */
const processWide =
  /\bvi\.(mock|doMock|stubEnv|stubGlobal|useFakeTimers)\(|\bprocess\.chdir\(|\bsetFlagsFromString\(|\bassign\(globalThis/;

/** What only SQLite understands, or a file that only it has. */
const ofSqlite = /\bPRAGMA \w|\bRAISE\(|EXPLAIN QUERY PLAN|from 'better-sqlite3'|'gateway\.lock'/;

/**
 * Tests that a second run with another database would only repeat: mostly of what a gateway does before it asks its
 * database, or without it. Each entry is the beginning of paths. The tests of what is stored, found, counted or ordered
 * are not in this list.
 */
const sameWithAnyDatabase = [
  // The client kit knows only what comes over HTTP.
  'test/client/',
  // Pages, headers, origins, hosts, methods, formats, and what the access log says about them.
  'test/gateway/web/',
  'test/gateway/input/http.',
  // The bytes of recordings are in files or in a bucket; `upload`, `replace` and `download` cover their rows.
  'test/gateway/audio/bucket.',
  'test/gateway/audio/download-stream.',
  'test/gateway/audio/ranges.',
  'test/gateway/audio/refused-body.',
  'test/gateway/audio/upload-abort.',
  'test/gateway/audio/upload-form.',
  // Signatures, keys and times of tokens that no gateway stores.
  'test/gateway/identity/early-leave.',
  'test/gateway/identity/issuer-trouble.',
  'test/gateway/identity/jwt.',
  'test/gateway/identity/lapse.',
  // Who may use a field is decided before the database is asked; `nested` and `owned` cover what is found there.
  'test/gateway/identity/root-fields.',
  // Nothing of a span is stored.
  'test/gateway/traces/',
  // Counters in memory or in Redis, the cost of documents and results, and bounds of settings.
  'test/gateway/limits/extreme-settings.',
  'test/gateway/limits/followers.',
  'test/gateway/limits/live-runs.',
  'test/gateway/limits/query.',
  'test/gateway/limits/rate-limit',
  'test/gateway/limits/response-size.',
  // The compiled form of a selection against graphql-js: both get the same rows, whatever stored them.
  'test/gateway/schema/compiled-',
  // Bodies, files and schemas that are checked before anything is stored, and files on their way to a provider.
  'test/gateway/attachments/hostile-files.',
  'test/gateway/attachments/sending.',
  'test/gateway/client-tools/prompt-tools.',
  'test/gateway/limits/json-bodies.',
  'test/gateway/metrics/',
  // Other protocols over the same GraphQL documents; `openai/completions` and `openai/responses` cover how they find
  // their sessions and places.
  'test/gateway/ag-ui/',
  'test/gateway/ai-sdk/',
  'test/gateway/dialect/',
  'test/gateway/openai/completion-tools.',
  'test/gateway/openai/refusals.',
  'test/gateway/openai/response-tools.',
  // Paths, links and bytes of files; `files`, `conflicts`, `client-files` and `commits-property` cover their rows.
  'test/gateway/workspace/answers.',
  'test/gateway/workspace/downloads.',
  'test/gateway/workspace/hostile.',
  'test/gateway/workspace/server-folder.',
  'test/gateway/workspace/upload-limits.',
  // Gateways that share a database of PostgreSQL and Redis.
  'test/gateway/cluster/',
  // They start their gateways with PostgreSQL in the first run, too.
  'test/gateway/storage/postgres-away.',
  'test/gateway/schema/page-cost-postgres.',
  // What is sent to providers and read from them; `answer`, `reasoning`, `settings`, `choice` and `tools` cover what is
  // stored of it.
  'test/gateway/provider/failure.',
  'test/gateway/provider/flood.',
  'test/gateway/provider/quirks.',
  'test/gateway/provider/retry.',
  'test/gateway/provider/secrets.',
  'test/gateway/provider/servers.',
  'test/gateway/provider/stream.',
  'test/gateway/provider/tools-offer.',
  'test/gateway/provider/wire-',
];

/** Whether a file of tests is run again with gateways that use PostgreSQL. */
export function mayUsePostgres(file: string): boolean {
  if (sameWithAnyDatabase.some((path) => file.startsWith(path))) return false;
  return !ofSqlite.test(readWithImports(file).code);
}

/** The files of the tests by their kind, which their imports tell, through all of test/support. */
export function testFiles(): Record<Kind, string[]> {
  const files: Record<Kind, string[]> = {
    browser: [],
    process: [],
    gateway: [],
    unit: [],
    alone: [],
    static: [],
  };
  for (const name of readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })) {
    if (name.endsWith('.test.ts')) files[kindOf(join('test', name))].push(join('test', name));
  }
  return files;
}

function kindOf(file: string): Kind {
  if (file.startsWith('test/static/')) return 'static';
  const { paths, code } = readWithImports(file);
  if (paths.has('test/support/browser/browser.ts')) return 'browser';
  if (processWide.test(code)) return 'alone';
  if (/\bfrom 'node:child_process'/.test(code)) return 'process';
  return paths.has('test/support/gateway/gateway.ts') ? 'gateway' : 'unit';
}

/** A file, and the files of `test` that it imports, with their code in one piece. */
function readWithImports(file: string): { paths: Set<string>; code: string } {
  const paths = new Set([file]);
  const code: string[] = [];
  // A set gives what was added while it is walked, too.
  for (const path of paths) {
    const parsed = parseSourceFile(path, readFileSync(join(root, path), 'utf8'));
    code.push(parsed.code);
    for (const next of parsed.imports) if (next.startsWith('test/')) paths.add(next);
  }
  return { paths, code: code.join('\n') };
}
