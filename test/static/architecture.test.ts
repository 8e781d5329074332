import { basename, dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseSourceFile, readSourceFiles, roomOf, type SourceFile } from '../support/files/source-file.ts';

const stores = ['storage', 'bus', 'blobs'];
const services = ['chat', 'identity', 'nodes', 'workspace'];
const foundation = ['base', 'errors', 'log', 'config', 'generated', 'traces'];
const core = [
  ...foundation,
  ...stores,
  'lease',
  'limits',
  'metrics',
  'tools',
  'changes',
  'sync',
  ...services,
];
const dialects = ['dialect', 'openai', 'ai-sdk', 'ag-ui'];
const shown = ['context', 'schema', 'sse', 'download', 'gql'];

/** The rooms of `src` that each room may import from, besides itself. */
const mayImport: Record<string, string[]> = {
  main: ['cli', 'config', 'errors', 'log'],
  cli: ['commands', 'agent', 'base', 'config', 'errors', 'log'],
  commands: ['gateway', ...core],
  gateway: [...core, ...shown, 'services', 'http', 'rest', ...dialects],
  services: [...core, 'context'],
  http: [...core, ...shown],
  rest: [...core, ...shown],
  dialect: [...core, ...shown],
  ...Object.fromEntries(dialects.slice(1).map((room) => [room, ['dialect', ...core, ...shown]])),
  schema: [...core, 'context'],
  context: core,
  ...Object.fromEntries(
    services.map((room) => [
      room,
      [...foundation, ...stores, 'lease', 'limits', 'metrics', 'tools', 'changes', 'sync'],
    ]),
  ),
  tools: ['base', 'errors', 'traces'],
  changes: [...foundation, ...stores],
  lease: [...foundation, ...stores],
  limits: ['base', 'errors', 'config', 'bus'],
  metrics: [],
  traces: [],
  ...Object.fromEntries(stores.map((room) => [room, foundation])),
  sse: ['base'],
  download: ['blobs'],
  sync: ['base'],
  config: ['base', 'errors', 'log', 'traces'],
  log: ['base'],
  errors: ['base'],
  base: [],
  client: ['gql'],
  agent: ['base', 'client', 'gql', 'sync', 'traces'],
  console: ['base', 'client', 'gql'],
};

const files = readSourceFiles();

function pathsWhere(broken: (file: SourceFile) => boolean): string[] {
  return files.filter(broken).map((file) => file.path);
}

describe('imports', () => {
  test('every file is in a room that this test knows', () => {
    expect(pathsWhere((file) => !(file.room in mayImport))).toEqual([]);
  });

  test('imports between rooms run one way, and siblings do not import each other', () => {
    const broken = files.flatMap((file) =>
      file.imports
        .filter((path) => roomOf(path) !== file.room)
        .filter((path) => !mayImport[file.room]?.includes(roomOf(path)))
        .map((path) => `${file.path} imports ${path}: ${file.room} may not import ${roomOf(path)}`),
    );
    expect(broken).toEqual([]);
  });

  test('imports stay within src', () => {
    const broken = files.flatMap((file) =>
      file.imports.filter((path) => !path.startsWith('src/')).map((path) => `${file.path} imports ${path}`),
    );
    expect(broken).toEqual([]);
  });

  test('imports form no cycle of files, type imports included', () => {
    expect(findCycles(importsOfFiles(files))).toEqual([]);
  });

  test('imports form no cycle of folders, at any depth', () => {
    expect(findCycles(importsOfFolders(files))).toEqual([]);
  });
});

describe('what only one file may do', () => {
  test('only config.ts reads the environment', () => {
    const environment = /\bprocess\??\s*(\.\s*env\b|\[\s*['"]env)|\benv\b[^;]*from 'node:process'/;
    expect(pathsWhere((file) => environment.test(file.code) && file.path !== 'src/config/config.ts')).toEqual(
      [],
    );
  });

  test('only main.ts ends the process', () => {
    const exit = /\bprocess\s*\.\s*(exit|abort|reallyExit)\b/;
    expect(pathsWhere((file) => exit.test(file.code) && file.path !== 'src/main.ts')).toEqual([]);
  });

  test('nothing writes to the console', () => {
    expect(pathsWhere((file) => /\bconsole\s*[.[]/.test(file.code))).toEqual([]);
  });

  test('nothing is exported by default', () => {
    expect(pathsWhere((file) => /\bexport\s+default\b|\bas default\b/.test(file.code))).toEqual([]);
  });
});

describe('files', () => {
  test('files have kebab-case names', () => {
    expect(pathsWhere((file) => !/^src(\/[a-z0-9]+(-[a-z0-9]+)*)+\.tsx?$/.test(file.path))).toEqual([]);
  });

  test('no file is an index.ts except the one that builds the schema', () => {
    const isBarrel = (file: SourceFile) => basename(file.path) === 'index.ts';
    expect(pathsWhere((file) => isBarrel(file) && file.path !== 'src/schema/index.ts')).toEqual([]);
  });

  test('files have at most 300 lines', () => {
    expect(files.filter((file) => file.lines > 300).map((file) => `${file.path}: ${file.lines}`)).toEqual([]);
  });

  test('the median file has fewer than 80 lines and nine in ten have fewer than 150', () => {
    const longestFirst = files
      .toSorted((a, b) => b.lines - a.lines)
      .map((file) => `${file.lines} ${file.path}`);
    const medianAndAbove = longestFirst.slice(0, Math.ceil(files.length / 2));
    const tenthAndAbove = longestFirst.slice(0, Math.ceil(files.length / 10));
    expect.soft(lineCount(medianAndAbove.at(-1)), medianAndAbove.join('\n')).toBeLessThan(80);
    expect.soft(lineCount(longestFirst[tenthAndAbove.length]), tenthAndAbove.join('\n')).toBeLessThan(150);
  });
});

function lineCount(row: string | undefined): number {
  return Number(row?.split(' ')[0] ?? 0);
}

type Imports = ReadonlyMap<string, Iterable<string>>;

function importsOfFiles(all: readonly SourceFile[]): Imports {
  return new Map(all.map((file) => [file.path, file.imports]));
}

/** Leaves out `src` itself, because `gateway.ts` imports every room, and every room imports `errors.ts`. */
function importsOfFolders(all: readonly SourceFile[]): Imports {
  const folders = new Map<string, Set<string>>();
  for (const { path, imports } of all) {
    const folder = dirname(path);
    const others = folders.get(folder) ?? new Set();
    for (const other of imports.map((imported) => dirname(imported))) {
      if (other !== folder && other !== 'src') others.add(other);
    }
    if (folder !== 'src') folders.set(folder, others);
  }
  return folders;
}

/** Returns each cycle as the paths along it. */
function findCycles(imports: Imports): string[] {
  const done = new Set<string>();
  const cycles: string[] = [];
  function visit(path: string, trail: string[]): void {
    if (trail.includes(path)) {
      cycles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
    } else if (!done.has(path)) {
      for (const next of imports.get(path) ?? []) visit(next, [...trail, path]);
      done.add(path);
    }
  }
  for (const path of imports.keys()) visit(path, []);
  return cycles;
}

describe('this test', () => {
  test('this test sees static, type-only, side-effect, dynamic and re-exporting imports, but not imports in comments', () => {
    const { imports } = parseSourceFile(
      'src/chat/run.ts',
      [
        "import { a } from './a.ts';",
        "import type { B } from '../errors.ts';",
        "import './c.ts';",
        "export { d } from '../bus/d.ts';",
        "const e = await import('../http/e.ts');",
        "type F = import('./f.ts').F;",
        "// import { g } from './g.ts';",
        "/* import './h.ts' */ import 'pino';",
      ].join('\n'),
    );
    expect(imports).toEqual([
      'src/chat/a.ts',
      'src/errors.ts',
      'src/chat/c.ts',
      'src/bus/d.ts',
      'src/http/e.ts',
      'src/chat/f.ts',
    ]);
  });

  test('this test sees a cycle of files', () => {
    const a = parseSourceFile('src/bus/a.ts', "import './b.ts';");
    const b = parseSourceFile('src/bus/b.ts', "import './a.ts';");
    expect(findCycles(importsOfFiles([a, b]))).toEqual(['src/bus/a.ts -> src/bus/b.ts -> src/bus/a.ts']);
  });

  test('this test sees a cycle of folders that is not a cycle of files', () => {
    const a = parseSourceFile('src/chat/run/a.ts', "import '../log/b.ts';");
    const b = parseSourceFile('src/chat/log/b.ts', '');
    const c = parseSourceFile('src/chat/log/c.ts', "import '../run/d.ts';");
    expect(findCycles(importsOfFiles([a, b, c]))).toEqual([]);
    expect(findCycles(importsOfFolders([a, b, c]))).toEqual(['src/chat/run -> src/chat/log -> src/chat/run']);
  });
});
