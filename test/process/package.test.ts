import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTemporaryFolder } from '../support/files/temporary-folder.ts';
import { startTestGateway } from '../support/gateway/gateway.ts';
import { programFile } from '../support/suite/built.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const compiler = join(root, 'node_modules/.bin/tsc');
type Folder = Awaited<ReturnType<typeof openTemporaryFolder>>;

let folder: Folder;
let paths: string[];
/** A project of somebody else that has installed the package: what is packed, and the packages that it depends on. */
let project: string;

beforeAll(async () => {
  folder = await openTemporaryFolder();
  // `prepare`, which npm would run first, builds what is stale. The suite has built the programs, and no types.
  await run(compiler, ['--project', 'src/client'], { cwd: root });
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder.path];
  const { stdout } = await run('npm', args, { cwd: root });
  const [{ filename, files }] = JSON.parse(stdout);
  paths = files.map(({ path }: { path: string }) => path);
  await run('tar', ['-xzf', join(folder.path, filename), '-C', folder.path]);

  project = join(folder.path, 'project');
  const installed = join(project, 'node_modules');
  await mkdir(join(installed, '.bin'), { recursive: true });
  await cp(join(folder.path, 'package'), join(installed, 'switchyard'), { recursive: true });
  // As npm links a program. The dependencies lie beside the package, where Node.js looks for them.
  await symlink('../switchyard/dist/main.js', join(installed, '.bin/switchyard'));
  await symlink(join(root, 'node_modules'), join(folder.path, 'node_modules'));
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'project', type: 'module' }));
});
afterAll(() => folder[Symbol.asyncDispose]());

test('the packed package has all that its program and its library need, and nothing of its sources and tests', () => {
  expect(paths).toContain(programFile.slice(root.length));
  for (const name of ['client/client', 'client/react/react']) {
    expect(paths).toContain(`dist/${name}.js`);
    expect(paths).toContain(`dist/${name}.d.ts`);
  }
  expect(paths).toContain('schema.graphql');
  expect(paths).toContain('LICENSE');
  const needless = (path: string) => /^(src|test|dist\/test)\//.test(path) && !path.startsWith('src/client/');
  expect(paths.filter(needless)).toEqual([]);
});

test('the packed package has every migration, and no file of another kind', async () => {
  for (const dialect of ['sqlite', 'postgresql']) {
    const folder = `prisma/migrations/${dialect}`;
    const names = (await readdir(join(root, folder), { withFileTypes: true })).filter((entry) =>
      entry.isDirectory(),
    );
    expect(names.length).toBeGreaterThan(1);
    expect(paths).toEqual(expect.arrayContaining(names.map(({ name }) => `${folder}/${name}/migration.sql`)));
  }
  const known =
    /^(LICENSE|README\.md|package\.json|schema\.graphql|src\/client\/possibleTypes\.json|prisma\/migrations\/\w+\/(\w+\/migration\.sql|migration_lock\.toml)|dist\/[\w-]+\.js(\.map)?|dist\/(client|console|gql)\/.+\.(js|css|html|svg|d\.ts|map))$/;
  expect(paths.filter((path) => !known.test(path))).toEqual([]);
});

test('every file that the manifest names is packed', async () => {
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  expect(manifest.private).toBeUndefined();
  expect(manifest.version).toMatch(/^\d+\.\d+\.\d+$/);
  const targets = Object.values(manifest.exports).flatMap((target) =>
    typeof target === 'string' ? [target] : Object.values(target as Record<string, string>),
  );
  const named = [...targets, ...Object.values<string>(manifest.bin)].map((path) => path.replace(/^\.\//, ''));
  expect(named.filter((path) => !paths.includes(path))).toEqual([]);
});

test('the installed package runs as a program', async () => {
  const { stdout } = await run('npx', ['--no-install', 'switchyard', 'node', '--help'], { cwd: project });
  expect(stdout).toContain('register, list, change and delete agent nodes');
});

test('the installed package is imported as a library', async () => {
  await using gateway = await startTestGateway();
  const script = `
    import { createSwitchyard, UnreachableError } from 'switchyard/client';
    import { useChat } from 'switchyard/client/react';
    import types from 'switchyard/possibleTypes.json' with { type: 'json' };
    const switchyard = createSwitchyard({ url: ${JSON.stringify(gateway.url)} });
    const { createSession } = await switchyard.query('mutation { createSession(input: {}) { id } }');
    const { text } = await switchyard.chat(createSession.id, 'Count to 3.').result;
    console.log(JSON.stringify([text, typeof useChat, typeof UnreachableError, types.RunEvent.includes('TextDelta')]));
  `;
  await writeFile(join(project, 'script.mjs'), script);
  const { stdout } = await run(process.execPath, ['--no-warnings', 'script.mjs'], { cwd: project });
  expect(JSON.parse(stdout)).toEqual(['1, 2, 3.', 'function', 'function', true]);
});

/** What a project with types writes. Each `@ts-expect-error` fails the compilation where there is no error. */
const typed = `
import { createSwitchyard, GatewayError, type FollowedRun, type RunEvent } from 'switchyard/client';
import { useChat, useSession, useSessions } from 'switchyard/client/react';

const switchyard = createSwitchyard({ url: 'http://localhost:8000', token: async () => 'swu_1' });
const run: FollowedRun = switchyard.chat('id', 'Hi', { onBusy: 'ENQUEUE', attachmentIds: ['a'] });
for await (const event of run) {
  const name: RunEvent['__typename'] = event.__typename;
  if (event.__typename === 'TextDelta') console.log(name, event.text.length);
  // @ts-expect-error Only deltas have a text.
  if (event.__typename === 'RunStarted') console.log(event.text);
}
const { text, usage }: { text: string; usage: { outputTokens: number } } = await run.result;
for await (const event of switchyard.watch('viewer')) if (event.__typename === 'SessionDeleted') console.log(event.deletedSessionId);
for await (const event of switchyard.watch('id')) if (event.__typename === 'HeadMoved') console.log(event.head?.id);
const answer = await switchyard.query<{ viewer: { userId: string } }>('{ viewer { userId } }');
// @ts-expect-error There is no such way to be busy.
switchyard.chat('id', 'Hi', { onBusy: 'SHOUT' });
const error = new GatewayError('No.', 'NOT_FOUND');
export const seen = [text, usage, answer.viewer.userId, error.isPassing, useChat, useSession, useSessions];
`;

describe.each(['node16', 'bundler'])('types with moduleResolution %s', (moduleResolution) => {
  test('a strict project compiles, without skipping the checks of the packages', async () => {
    await writeFile(join(project, 'typed.ts'), typed);
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noEmit: true,
      target: 'es2022',
      lib: ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable'],
      types: [],
      module: moduleResolution === 'bundler' ? 'esnext' : moduleResolution,
      moduleResolution,
    };
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['typed.ts'] }));
    const { stdout } = await run(compiler, ['--project', project]).catch((failure) => failure);
    expect(stdout).toBe('');
  });
});
