import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

export interface SourceFile {
  /** The path from the project's root: `src/chat/run.ts`. */
  path: string;
  /** The folder below `src`, or the name of a file that is directly in `src`: `chat`, `gateway`. */
  room: string;
  lines: number;
  /** As it is written. */
  text: string;
  /** Without its comments. */
  code: string;
  /** The files of ours that it imports, types included, as paths from the project's root. */
  imports: string[];
}

/** Every hand-written TypeScript file below `src`. */
export function readSourceFiles(): SourceFile[] {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !/^(generated|gql)[/\\]/.test(file))
    .map((file) => parseSourceFile(join('src', file), readFileSync(join(root, 'src', file), 'utf8')));
}

/** Relies on the formatter, which keeps the path of an import on one line. */
export function parseSourceFile(path: string, text: string): SourceFile {
  const code = text.replace(commentsAndStrings, (match) => (/^\/[/*]/.test(match) ? '' : match));
  const specifiers = Array.from(code.matchAll(specifier), (match) => match[2] ?? '');
  return {
    path,
    room: roomOf(path),
    lines: text.trimEnd().split('\n').length,
    text,
    code,
    imports: specifiers
      .filter((name) => name.startsWith('.'))
      .map((name) => relative('.', join(dirname(path), name))),
  };
}

/** The room of a path from the project's root: `chat` of `src/chat/run.ts`, `gateway` of `src/gateway.ts`. */
export function roomOf(path: string): string {
  return basename(path.split(/[/\\]/)[1] ?? '', '.ts');
}

const commentsAndStrings = /(['"])(?:\\.|(?!\1)[^\\\n])*\1|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;
const specifier = /\b(?:from|import)\s*\(?\s*(['"])([^'"\n]+)\1/g;
