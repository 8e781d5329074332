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

/** Whether the gateways of a file of tests may use PostgreSQL as well. */
export function mayUsePostgres(file: string): boolean {
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
