import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createHttpRemote } from '../../../src/agent/sync/http-remote.ts';
import { openTools } from '../../../src/agent/tools/open-tools.ts';
import { noteBytes, type ReadingTool } from '../../../src/sync/file-tools/reading-tools.ts';
import type { AgentDetails } from '../../../src/sync/remote.ts';
import { Replica } from '../../../src/sync/replica/replica.ts';
import { openTemporaryFolder } from '../../support/files/temporary-folder.ts';
import { databaseIdOf } from '../../support/gateway/database-id.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { shareGateway } from '../../support/gateway/shared-gateway.ts';
import { connectNode } from '../../support/node/node-client.ts';
import { openWorkspace } from '../../support/workspace/replica-client.ts';

const shared = shareGateway(() => startTestGateway());

/** A session that shares the files of a folder, the parts of an agent that work in it, and the gateway's copy. */
async function openCopy(details: Partial<AgentDetails> = {}) {
  const { services, url } = shared();
  const folder = await openTemporaryFolder();
  const root = join(folder.path, 'files');
  mkdirSync(root);
  const { id, sessionId, tokens, nodeIds } = await openWorkspace(shared());
  const agent = { instanceId: 'process-1', maxResultBytes: 1_048_576, ...details };
  const remote = createHttpRemote({ url, token: tokens[0] ?? '', workspaceId: id, agent });
  const tools = await openTools({ workspace: root, env: process.env });
  const replica = new Replica({
    ...{ id, anchor: root, below: '', remote },
    stateFolder: join(folder.path, 'state'),
  });
  const key = { sessionId: databaseIdOf(sessionId) };
  const { agentNodeId } = await services.database.sessionNode.findFirstOrThrow({ where: key });
  const node = () => services.database.sessionNode.findFirstOrThrow({ where: key });
  return {
    root,
    nodeId: nodeIds[0] ?? '',
    token: tokens[0] ?? '',
    call: { sessionId: key.sessionId, agentNodeId, dispatchId: 'dispatch-1' },
    node,
    put: (files: Record<string, string | Buffer>) => putFiles(root, files),
    /** Resolves when the gateway has the folder as it is, and knows that the node has no more to do. */
    async sync() {
      await replica.flush(AbortSignal.timeout(20_000));
      await expect
        .poll(async () => (await node()).syncStatus, { interval: 5, timeout: 20_000 })
        .toBe('SYNCED');
    },
    /** What the gateway answers without the node. */
    fromCopy: (tool: ReadingTool, args: object, maxOutputBytes = 32_768) =>
      services.workspaces.copy.answer({
        ...{ sessionId: key.sessionId, agentNodeId, tool, args },
        maxOutputBytes,
      }),
    /** What the agent answers. */
    fromNode: (tool: ReadingTool, args: object, maxOutputBytes = 32_768) =>
      tools.run(
        { tool, args, timeoutMs: 20_000, maxOutputBytes: maxOutputBytes - noteBytes },
        { cancel: new AbortController().signal, onOutput: () => {} },
      ),
    async [Symbol.asyncDispose]() {
      await replica[Symbol.asyncDispose]();
      tools[Symbol.dispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function putFiles(root: string, files: Record<string, string | Buffer>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

const project = {
  '.gitignore': '*.log\n',
  'README.md': '# Shop\nThe needle is here.\n',
  'src/app.ts': 'const needle = 1;\r\n// Needle\n',
  'src/deep/.gitignore': '!keep.log\n/secret\n',
  'src/deep/down/b.ts': 'needle\n',
  'image.png': Buffer.from('needle\0'),
};

test('the copy answers as the node does while both have the same files', async () => {
  await using copy = await openCopy();
  copy.put({ ...project, 'debug.log': 'needle' });
  await copy.sync();
  expect((await copy.node()).folderState).toBe('SAME');
  const calls: [ReadingTool, object][] = [
    ['read_file', { path: 'README.md' }],
    ['read_file', { path: './src//app.ts', start_line: 2, max_lines: 1 }],
    ['read_file', { path: 'README.md', start_line: 9 }],
    ['read_file', { path: 'image.png' }],
    ['list_files', {}],
    ['list_files', { path: 'src/', depth: 1 }],
    ['list_files', { path: 'src/deep', depth: 9 }],
    ['search_files', { pattern: 'needle' }],
    ['search_files', { pattern: '[Nn]eedle', path: 'src', glob: '*.ts', max_results: 2 }],
    ['search_files', { pattern: 'needle', path: 'README.md' }],
    ['search_files', { pattern: '(' }],
  ];
  for (const [tool, args] of calls) {
    expect(await copy.fromCopy(tool, args), JSON.stringify([tool, args])).toEqual(
      await copy.fromNode(tool, args),
    );
  }
});

test('what only the node knows is left to the node', async () => {
  await using copy = await openCopy();
  copy.put({ ...project, 'debug.log': 'a log' });
  symlinkSync('src', join(copy.root, 'linked'));
  await copy.sync();
  const calls: [ReadingTool, object][] = [
    ['read_file', { path: 'debug.log' }],
    ['read_file', { path: join(copy.root, 'README.md') }],
    ['read_file', { path: 'src/../README.md' }],
    ['read_file', { path: 'linked/app.ts' }],
    ['read_file', { path: 'src' }],
    ['list_files', { path: 'missing' }],
    ['list_files', { path: 'linked' }],
    ['search_files', { pattern: '(a+)+$', path: 'debug.log' }],
  ];
  for (const [tool, args] of calls) {
    expect(await copy.fromCopy(tool, args), JSON.stringify([tool, args])).toBeUndefined();
  }
});

test('while the folder shows more than is synced, only files that are synced are read from the copy', async () => {
  await using copy = await openCopy();
  copy.put({ ...project, 'node_modules/left.js': 'needle' });
  await copy.sync();
  expect((await copy.node()).folderState).toBe('MORE');
  expect(await copy.fromCopy('list_files', {})).toBeUndefined();
  expect(await copy.fromCopy('search_files', { pattern: 'needle' })).toBeUndefined();
  expect(await copy.fromCopy('read_file', { path: 'src/app.ts' })).toMatchObject({ status: 'SUCCEEDED' });
  rmSync(join(copy.root, 'node_modules'), { recursive: true });
  mkdirSync(join(copy.root, 'src/empty'));
  await copy.sync();
  expect((await copy.node()).folderState).toBe('MORE');
  rmSync(join(copy.root, 'src/empty'), { recursive: true });
  await copy.sync();
  await expect.poll(async () => (await copy.node()).folderState).toBe('SAME');
  expect(await copy.fromCopy('list_files', {})).toEqual(await copy.fromNode('list_files', {}));
});

test('the limits of the gateway and of the policy of the node hold', async () => {
  await using copy = await openCopy({ maxResultBytes: 2_048 });
  copy.put({ 'long.txt': 'a line of text\n'.repeat(2_000) });
  await copy.sync();
  const args = { path: 'long.txt' };
  expect(await copy.fromCopy('read_file', args, 1_500)).toEqual(
    await copy.fromNode('read_file', args, 1_500),
  );
  const limited = await copy.fromNode('read_file', args, 2_048 + noteBytes);
  expect(await copy.fromCopy('read_file', args)).toEqual(limited);
  const search = { pattern: 'line', max_results: 1_000 };
  expect(await copy.fromCopy('search_files', search)).toEqual(
    await copy.fromNode('search_files', search, 2_048 + noteBytes),
  );
});

test('while a call writes, and until its changes are in the copy, the node is asked', async () => {
  await using copy = await openCopy();
  const { workspaces } = shared().services;
  copy.put(project);
  await copy.sync();
  const read = () => copy.fromCopy('read_file', { path: 'README.md' });
  expect(await read()).toBeDefined();
  await workspaces.copy.begin(copy.call);
  expect(await read()).toBeUndefined();
  await workspaces.copy.end(copy.call, false);
  expect(await read()).toBeUndefined();
  const next = { ...copy.call, dispatchId: 'dispatch-2' };
  await workspaces.copy.begin(next);
  await workspaces.copy.end(next, true);
  expect(await read()).toBeDefined();
});

test('what an earlier process of the agent has said does not count', async () => {
  await using copy = await openCopy();
  copy.put(project);
  await copy.sync();
  expect(await copy.fromCopy('list_files', {})).toBeDefined();
  await using other = connectNode(shared().url, copy.token, {
    syncsWorkspaces: true,
    instanceId: 'process-2',
  });
  await other.next('InboxOpened');
  expect(await copy.fromCopy('list_files', {})).toBeUndefined();
  copy.put({ 'new.txt': 'new' });
  await copy.sync();
  expect(await copy.node()).toMatchObject({ folderState: null, agentInstance: 'process-2' });
});

const names = ['a', 'b.ts', 'c.log', 'é', 'z z', '.gitignore', 'node_modules', 'Thumbs.db'];
const rules = [
  '*.log',
  '/a',
  'b.ts',
  '!b.ts',
  'a/',
  '!c.log',
  'node_modules/',
  '*',
  '!*/',
  'z z',
  '.gitignore',
];
const path = fc
  .array(fc.constantFrom(...names), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join('/'));
const content = fc.oneof(
  fc
    .array(fc.constantFrom('needle', 'other\r', '', 'é needle'), { maxLength: 5 })
    .map((lines) => lines.join('\n')),
  fc.constant('needle\0binary'),
  fc.array(fc.constantFrom(...rules), { maxLength: 3 }).map((lines) => lines.join('\n')),
);
const tree = fc.array(
  fc.record({ path, content, kind: fc.constantFrom('file', 'file', 'file', 'link', 'folder') }),
  {
    maxLength: 14,
  },
);

test('on random trees the copy never answers anything else than the node', { timeout: 120_000 }, async () => {
  await using copy = await openCopy();
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(tree, path, async (entries, target) => {
      for (const name of readdirSync(copy.root)) {
        if (name !== '.switchyard') rmSync(join(copy.root, name), { recursive: true });
      }
      for (const each of entries) make(copy.root, each);
      await copy.sync();
      const calls: [ReadingTool, object][] = [
        ['list_files', { depth: 4 }],
        ['list_files', { path: target, depth: 2 }],
        ['search_files', { pattern: 'needle' }],
        ['search_files', { pattern: 'e', path: target, max_results: 3 }],
        ...entries.map((each): [ReadingTool, object] => ['read_file', { path: each.path }]),
      ];
      for (const [tool, args] of calls) {
        const answer = await copy.fromCopy(tool, args);
        if (answer === undefined) continue;
        answered += 1;
        expect(answer, JSON.stringify([tool, args])).toEqual(await copy.fromNode(tool, args));
      }
    }),
    { numRuns: 25 },
  );
  expect(answered).toBeGreaterThan(25);
});

/** Makes one thing of a tree, unless another one is in its way. */
function make(root: string, each: { path: string; content: string; kind: string }): void {
  const place = join(root, each.path);
  try {
    mkdirSync(each.kind === 'folder' ? place : dirname(place), { recursive: true });
    if (each.kind === 'file') writeFileSync(place, each.content, { flag: 'wx' });
    if (each.kind === 'link') symlinkSync('a', place);
  } catch {
    // A file is where a folder must be, or the reverse.
  }
}
