import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { StartupError } from '../../src/config/startup-error.ts';
import {
  attachment,
  header,
  message,
  session,
  sessionEnd,
  writeExport,
} from '../support/files/exported-lines.ts';
import { openTemporaryFolder, type TemporaryFolder } from '../support/files/temporary-folder.ts';
import { sha256Of } from '../support/gateway/audio-upload.ts';
import { chat, collect } from '../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../support/gateway/gateway.ts';
import { messageId, randomFrom } from '../support/gateway/message-tree.ts';
import { killAtStep } from '../support/process/kill-at-step.ts';
import { exportTo, importFrom } from '../support/process/move-sessions.ts';
import { switchyard } from '../support/process/switchyard.ts';

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await openTemporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

const pathOf = (name: string) => join(folder.path, name);

/** A tree in which each message follows a random one, and what a person must see of it. */
function randomTree(seed: number, size: number) {
  const random = randomFrom(seed);
  const parents = Array.from({ length: size }, (_, index) =>
    random.next() < 0.6 ? index : random.below(index + 1),
  );
  const lines = parents.map((parent, index) => message(index + 1, parent || null));
  const pathTo = (id: number): string[] =>
    id === 0 ? [] : [...pathTo(parents[id - 1] ?? 0), `Message ${id}`];
  return { lines, pathTo, random };
}

const pageDocument = `query ($id: ID!, $first: Int, $last: Int, $after: String, $before: String) { session(id: $id) {
  head { content } messages(first: $first, last: $last, after: $after, before: $before) {
    edges { cursor node { id content } } } } }`;

/** The branch that a session shows, in pages from one of its ends. */
async function branchOf(gateway: TestGateway, id: string, isForward: boolean): Promise<string[]> {
  const branch: string[] = [];
  let cursor: string | undefined;
  for (;;) {
    const page = isForward ? { first: 7, after: cursor } : { last: 7, before: cursor };
    const { session: found } = await gateway.query(pageDocument, { id, ...page });
    const { edges } = found.messages;
    const contents = edges.map(({ node }: { node: { content: string } }) => node.content);
    branch.splice(isForward ? branch.length : 0, 0, ...contents);
    if (edges.length < 7) return branch;
    cursor = edges.at(isForward ? -1 : 0).cursor;
  }
}

/** What makes a command meet a full disk when it has written so many bytes to files. */
function fullDisk(bytes: number): string {
  const code = `
    import { open } from 'node:fs/promises';
    const handle = await open('/dev/null', 'w');
    const prototype = Object.getPrototypeOf(handle);
    let left = ${bytes};
    for (const name of ['write', 'writev']) {
      const own = prototype[name];
      prototype[name] = async function (...given) {
        const result = await own.apply(this, given);
        left -= result.bytesWritten;
        if (left < 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
        return result;
      };
    }
    await handle.close();`;
  return `--import=data:text/javascript,${encodeURIComponent(code)}`;
}

const noteBytes = Buffer.from('A note. 覚え書き');
const note = sha256Of(noteBytes);
const sessionsOf = async (gateway: TestGateway) =>
  gateway.services.database.session.findMany({ where: { deletedAt: null }, orderBy: { id: 'asc' } });

/** An export with a session for each seed, and a file that they share. */
async function writeTrees(name: string, seeds: readonly number[], size: number) {
  const trees = seeds.map((seed) => randomTree(seed, size));
  const sessions = trees.flatMap(({ lines }, index) => {
    const [first, ...others] = lines;
    const id = index + 1;
    const attached = { ...first, attachments: [attachment(note, noteBytes.length)] };
    const begin = session({ id, origin: `there:${id}:1`, title: `Tree ${id}` });
    return [begin, attached, ...others, sessionEnd(size, size, { id })];
  });
  await writeExport(pathOf(name), [header(), ...sessions, { type: 'end', sessions: seeds.length }]);
  await mkdir(pathOf(`${name}/files/${note.slice(0, 2)}`), { recursive: true });
  await writeFile(pathOf(`${name}/files/${note.slice(0, 2)}/${note}`), noteBytes);
  return trees;
}

test('any tree of messages becomes branches, in a gateway that is running, and clients are told', async () => {
  const [tree] = await writeTrees('tree', [3], 300);
  if (tree === undefined) throw new Error('no tree');
  await using gateway = await startTestGateway({ dataDir: pathOf('running') });
  const report = await importFrom(pathOf('tree'), { DATA_DIR: pathOf('running') });
  expect(report).toBe('Imported 1 session with 300 messages and 20 B of files.');
  const [{ id: databaseId } = { id: 0 }] = await sessionsOf(gateway);
  const id = Buffer.from(`Session:${databaseId}`).toString('base64');
  expect(await branchOf(gateway, id, true)).toEqual(tree.pathTo(300));
  const { database } = gateway.services;
  const messages = await database.message.findMany({ orderBy: { id: 'asc' } });
  for (let tries = 0; tries < 12; tries += 1) {
    const number = 1 + tree.random.below(300);
    await gateway.query('mutation ($id: ID!) { selectBranch(messageId: $id) { id } }', {
      id: messageId(messages[number - 1]?.id ?? 0),
    });
    const branch = await branchOf(gateway, id, tries % 2 === 0);
    const shown = Number(branch.at(-1)?.replace('Message ', ''));
    expect(branch).toEqual(tree.pathTo(shown));
    expect(branch.slice(0, tree.pathTo(number).length)).toEqual(tree.pathTo(number));
  }
  const told = await database.change.findMany({ where: { kind: 'SessionCreated' } });
  expect(told.map(({ sessionId }) => sessionId)).toEqual([databaseId]);
  expect(await database.messageAudio.count()).toBe(0);
  // The branch goes on as any other.
  await collect(chat(gateway.client(), { sessionId: id, prompt: 'Count to 2.' }));
  expect((await branchOf(gateway, id, true)).slice(-2)).toEqual(['Count to 2.', '1, 2.']);
});

test('an import and an export that are killed at any step go on, and nothing is there twice', async () => {
  const trees = await writeTrees('killed', [1, 2, 3, 4], 250);
  const killed = { DATA_DIR: pathOf('target'), NODE_OPTIONS: killAtStep(pathOf('steps')) };
  // The database is there before, so that the steps are those of the import.
  await (await startTestGateway({ dataDir: pathOf('target') }))[Symbol.asyncDispose]();
  const runUntilDone = async (steps: number, ...args: string[]) => {
    for (let kills = 0; ; kills += 1) {
      await writeFile(pathOf('steps'), String(steps + 9 * kills));
      const { code } = await switchyard(killed, ...args);
      if (code === 0) return kills;
      expect(code).toBe(-1);
    }
  };
  const imported = await runUntilDone(8, 'import', '--from', pathOf('killed'));
  expect(imported).toBeGreaterThan(1);
  const exported = await runUntilDone(4, 'export', '--to', pathOf('pieces'));
  expect(exported).toBeGreaterThan(0);
  const whole = await exportTo(pathOf('whole'), { DATA_DIR: pathOf('target') });
  expect(whole).toMatch(/^Exported 4 sessions with 1000 messages and 1 file /);
  const read = (name: string) => readFile(pathOf(`${name}/sessions.jsonl`), 'utf8');
  expect(await read('pieces')).toBe(await read('whole'));
  expect(await readFile(pathOf(`pieces/files/${note.slice(0, 2)}/${note}`))).toEqual(noteBytes);
  expect((await readdir(pathOf('pieces'))).toSorted()).toEqual(['files', 'sessions.jsonl']);
  await using gateway = await startTestGateway({ dataDir: pathOf('target') });
  expect((await sessionsOf(gateway)).map(({ title }) => title)).toEqual([
    'Tree 1',
    'Tree 2',
    'Tree 3',
    'Tree 4',
  ]);
  for (const [index, { id }] of (await sessionsOf(gateway)).entries()) {
    const shown = await branchOf(gateway, Buffer.from(`Session:${id}`).toString('base64'), true);
    expect(shown).toEqual(trees[index]?.pathTo(250));
  }
  // The gateway deletes what the killed imports have left.
  await expect.poll(() => gateway.services.database.session.count()).toBe(4);
  expect(await gateway.services.database.message.count()).toBe(1_000);
});

test('a wrong file, a full disk and Ctrl-C leave nothing half-done, and say what to do', async () => {
  const target = { DATA_DIR: pathOf('refusing') };
  await writeTrees('good', [1, 2], 250);
  const from = ['import', '--from', pathOf('good')];
  const file = pathOf(`good/files/${note.slice(0, 2)}/${note}`);
  await rm(file);
  const problem = `sessions.jsonl:3: sha256: expected the file files/${note.slice(0, 2)}/${note} of 20 bytes, and there is no such file.`;
  await expect(importFrom(pathOf('good'), target)).rejects.toThrow(new StartupError(problem));
  await writeFile(file, noteBytes);
  const full = 'The disk is full. Make room and run the same command again: it goes on where it was.\n';
  const onFullDisk = { ...target, NODE_OPTIONS: fullDisk(5) };
  expect(await switchyard(onFullDisk, ...from)).toEqual({ code: 1, stdout: '', stderr: full });
  {
    await using gateway = await startTestGateway({ dataDir: target.DATA_DIR });
    expect(await gateway.services.database.session.count()).toBe(0);
    expect(await gateway.services.database.message.count()).toBe(0);
  }
  await writeFile(pathOf('steps'), '4');
  const interrupted = { ...target, NODE_OPTIONS: killAtStep(pathOf('steps'), 'SIGINT') };
  const stopped = { code: 130, stdout: '', stderr: 'Stopped. Run the same command again to go on.\n' };
  expect(await switchyard(interrupted, ...from)).toEqual(stopped);
  expect(await importFrom(pathOf('good'), target)).toMatch(/^Imported 2 sessions with 500 messages/);

  const to = pathOf('made');
  const outcome = await switchyard({ ...target, NODE_OPTIONS: fullDisk(40_000) }, 'export', '--to', to);
  expect(outcome).toEqual({ code: 1, stdout: '', stderr: full });
  await expect(importFrom(to, target)).rejects.toThrow('is not complete: run its command again first.');
  const since = { since: new Date('2026-03-31') };
  await expect(exportTo(to, target, since)).rejects.toThrow('is a part of an export with other arguments');
  expect(await exportTo(to, target)).toMatch(/^Exported 2 sessions with 500 messages/);
  await expect(exportTo(to, target)).rejects.toThrow('There is an export in');
  await expect(exportTo(folder.path, target)).rejects.toThrow('is not empty');
  await expect(importFrom(folder.path, target)).rejects.toThrow('There is no export in');
  const unknown = exportTo(pathOf('some'), target, { sessionIds: [77] });
  await expect(unknown).rejects.toThrow('--session: there is no session 77.');
  expect(await exportTo(pathOf('late'), target, { since: new Date('2026-04-01') })).toMatch(
    /^Exported 0 sessions/,
  );
});
