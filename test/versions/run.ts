import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = new URL('../../', import.meta.url).pathname;
/** Where `npm ci` has built SQLite, for the Node.js that runs this. */
const sqlite = dirname(createRequire(import.meta.url).resolve('better-sqlite3/package.json'));

/** SQLite itself, compiled. It is missing where npm has downloaded the whole binary. */
const compiledSqlite = join(sqlite, 'build/Release/sqlite3.a');

/** The versions of Node.js that are tried: the supported lines. */
const majors = [20, 22, 24, 26];

interface Runtime {
  /** The program. */
  node: string;
  /** Its headers. Undefined for the Node.js that runs this. */
  headers?: string;
}

/** Takes a Node.js from npm, which has a package for each platform with its program and its headers. */
async function findRuntime(major: number, folder: string): Promise<Runtime | undefined> {
  if (Number(process.versions.node.split('.')[0]) === major) return { node: process.execPath };
  if (!existsSync(compiledSqlite)) {
    say(
      `Node.js ${major}: skipped, because npm has downloaded the SQLite driver for ${process.version} only.`,
    );
    return undefined;
  }
  const name = `node-${process.platform}-${process.arch}`;
  const home = join(folder, `node-${major}`);
  await mkdir(home);
  await writeFile(join(home, 'package.json'), '{"private":true}');
  const args = [
    'install',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    '--ignore-scripts',
    `${name}@${major}`,
  ];
  try {
    await run('npm', args, { cwd: home });
  } catch (error) {
    say(
      `Node.js ${major}: skipped, because npm has no ${name}@${major} for this machine. ${lastLine(error)}`,
    );
    return undefined;
  }
  const found = join(home, 'node_modules', name);
  return { node: join(found, 'bin/node'), headers: join(found, 'include/node') };
}

/**
 * Puts the native module for a version into the project. Users get it built for their version, when npm downloads or
 * compiles it. Here only its own code is compiled anew: SQLite itself does not depend on Node.js and takes a minute.
 */
async function putNativeModule({ headers }: Runtime, project: string): Promise<void> {
  const built = join(project, 'node_modules/better-sqlite3/build/Release');
  await mkdir(built, { recursive: true });
  const file = join(built, 'better_sqlite3.node');
  await rm(file, { force: true });
  if (headers === undefined) return copyFile(join(sqlite, 'build/Release/better_sqlite3.node'), file);
  await run(process.env['CXX'] ?? 'c++', [
    ...['-std=gnu++20', '-O1', '-fPIC', '-shared', '-fno-rtti', '-DNDEBUG', '-DBUILDING_NODE_EXTENSION'],
    ...['-Wl,-Bsymbolic', '-Wl,--exclude-libs,ALL'],
    ...[headers, `${sqlite}/src`, `${sqlite}/deps/sqlite3`].map((path) => `-I${path}`),
    `${sqlite}/src/better_sqlite3.cpp`,
    compiledSqlite,
    ...['-o', file],
  ]);
}

/** Packs the package and installs it elsewhere, without the packages for development. */
async function install(folder: string): Promise<string> {
  const project = join(folder, 'project');
  await mkdir(project);
  const packed = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: root,
  });
  const [{ filename }] = JSON.parse(packed.stdout);
  await writeFile(join(project, 'package.json'), '{"private":true,"type":"module"}');
  const args = [
    'install',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    '--ignore-scripts',
    join(folder, filename),
  ];
  await run('npm', args, { cwd: project });
  await copyFile(join(import.meta.dirname, 'smoke.mjs'), join(project, 'smoke.mjs'));
  return project;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function lastLine(error: unknown): string {
  return (
    String((error as { stderr?: string }).stderr ?? error)
      .trim()
      .split('\n')
      .at(-1) ?? ''
  );
}

const folder = await mkdtemp(join(tmpdir(), 'switchyard-versions-'));
try {
  const project = await install(folder);
  for (const major of majors) {
    const runtime = await findRuntime(major, folder);
    if (!runtime) continue;
    const startedAt = performance.now();
    await putNativeModule(runtime, project);
    const env = { ...process.env, DATA_DIR: join(folder, `data-${major}`) };
    await run(runtime.node, ['smoke.mjs'], { cwd: project, env, timeout: 120_000 });
    const { stdout } = await run(runtime.node, ['--version']);
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    say(`Node.js ${stdout.trim()}: a chat, a tool and a restart work (${seconds} s).`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
