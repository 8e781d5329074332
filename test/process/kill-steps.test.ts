import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openTemporaryFolder } from '../support/files/temporary-folder.ts';
import { upload } from '../support/gateway/attachments.ts';
import { chat, collect, follow } from '../support/gateway/chat.ts';
import { answerCall, locate, receiptOf } from '../support/gateway/client-tools.ts';
import type { ModelServer } from '../support/model/model-server.ts';
import { text, toolCall } from '../support/model/turn.ts';
import type { GatewayProcess } from '../support/process/gateway-process.ts';
import { killAtStep } from '../support/process/kill-at-step.ts';
import { startScriptedProcess } from '../support/process/scripted-process.ts';

/** Something that a client does while the gateway is killed. */
interface Play {
  act(): Promise<unknown>;
  /** What must be true at the next start. @param acknowledged Whether the client got an answer. */
  check(gateway: GatewayProcess, acknowledged: boolean): Promise<void>;
}

/** More messages than one transaction copies. */
const exchanges = 60;

const branchDocument = `query ($id: ID!) { session(id: $id) {
  head { id } messages(first: 500) { totalCount edges { node { id content attachments { filename } } } }
} }`;

interface Shown {
  id: string;
  content: string;
  attachments: unknown[];
}

/** The messages that a session shows; undefined if there is no such session. */
async function shown(gateway: GatewayProcess, id: string): Promise<Shown[] | undefined> {
  const { session } = await gateway.query(branchDocument, { id });
  if (session === null) return undefined;
  const messages: Shown[] = session.messages.edges.map(({ node }: { node: Shown }) => node);
  expect(session.messages.totalCount).toBe(messages.length);
  expect(session.head?.id).toBe(messages.at(-1)?.id);
  return messages;
}

/** What was said, without the ids, which a copy does not share. */
const said = (messages: readonly Shown[] | undefined) =>
  messages?.map(({ content, attachments }) => ({ content, attachments }));

let files = 0;

/** A session with many messages, and with a file that no other session has. */
async function seed(gateway: GatewayProcess, model: ModelServer, title: string) {
  files += 1;
  const history = Array.from({ length: exchanges }, (_, index) => ({
    prompt: `Question ${index}`,
    answer: `Answer ${index}`,
  }));
  const id = await gateway.createSession({ title, history });
  const file = await upload(gateway, id, { bytes: `The file ${files}`, filename: 'note.txt' });
  model.script([text('Read.')]);
  await collect(chat(gateway.client(), { sessionId: id, prompt: 'Read it', attachmentIds: [file.id] }));
  const messages = (await shown(gateway, id)) ?? [];
  expect(messages).toHaveLength(2 * exchanges + 2);
  return { id, messages };
}

type Seeded = Awaited<ReturnType<typeof seed>>;

const forkDocument = 'mutation ($id: ID!) { forkSession(messageId: $id, title: "Copy") { id } }';
const copiesDocument = '{ sessions(search: "Copy", first: 500) { edges { node { id } } } }';

async function copies(gateway: GatewayProcess): Promise<string[]> {
  const { sessions } = await gateway.query(copiesDocument);
  return sessions.edges.map(({ node }: { node: { id: string } }) => node.id);
}

/** The copies of each round stay, so that each round may add one. */
async function playFork(gateway: GatewayProcess, source: Seeded): Promise<Play> {
  const before = await copies(gateway);
  return {
    act: () => gateway.query(forkDocument, { id: source.messages.at(-1)?.id }),
    async check(next, acknowledged) {
      const added = (await copies(next)).filter((id) => !before.includes(id));
      expect(added.length).toBeLessThanOrEqual(1);
      if (acknowledged) expect(added).toHaveLength(1);
      for (const id of added) expect(said(await shown(next, id))).toEqual(said(source.messages));
    },
  };
}

/** A deletion: afterwards the session shows what is left, or all of it if nobody was told that it is deleted. */
function playDeletion(
  gateway: GatewayProcess,
  { id, messages }: Seeded,
  [document, ofId, left]: [document: string, ofId: string, left: Shown[] | undefined],
): Play {
  return {
    act: () => gateway.query(document, { id: ofId }),
    async check(next, acknowledged) {
      const now = await shown(next, id);
      if (acknowledged || now?.length !== messages.length) expect(now).toEqual(left);
      else expect(now).toEqual(messages);
    },
  };
}

/** A run waits for two answers of clients, and one is given. */
async function playAnswer(gateway: GatewayProcess, model: ModelServer): Promise<Play> {
  const place = (id: string) => toolCall(id, 'get_location', { precision: 'city' });
  model.script([place('a'), place('b')]);
  const sessionId = await gateway.createSession();
  let runId = '';
  let waiting = 0;
  for await (const event of chat(gateway.client(), { sessionId, prompt: 'Go', tools: [locate] })) {
    runId = event.runId;
    if (event.__typename === 'ClientToolRequested') waiting += 1;
    if (waiting === 2) break;
  }
  return {
    act: async () => {
      const answer = await answerCall(gateway, { runId, callId: 'a' }, { result: 'Lisbon' });
      expect(receiptOf(answer)).toBe('SUCCEEDED: Lisbon');
    },
    async check(next, acknowledged) {
      // The same answer again is taken in any case; another one only if the first was not stored.
      const again = receiptOf(await answerCall(next, { runId, callId: 'a' }, { result: 'Porto' }));
      const counts = again === 'SUCCEEDED: Porto' ? 'Porto' : 'Lisbon';
      if (acknowledged) expect(counts).toBe('Lisbon');
      model.script([text('There.')]);
      expect(receiptOf(await answerCall(next, { runId, callId: 'b' }, { result: 'Faro' }))).toBe(
        'SUCCEEDED: Faro',
      );
      expect((await collect(follow(next.client(), runId))).at(-1)).toMatchObject({
        __typename: 'RunCompleted',
        message: { content: 'There.', toolCalls: [{ result: counts }, { result: 'Faro' }] },
      });
      expect(model.requests.at(-1)?.body['messages']).toMatchObject([
        { role: 'user' },
        { role: 'assistant' },
        { role: 'tool', tool_call_id: 'a', content: counts },
        { role: 'tool', tool_call_id: 'b', content: 'Faro' },
      ]);
    },
  };
}

/** What is in the database and the folder of blobs although nothing shows it. */
async function leftOver(dataDir: string) {
  const connection = new Sqlite(join(dataDir, 'switchyard.db'), { readonly: true });
  try {
    const count = (sql: string) =>
      connection.prepare<[], number>(`SELECT count(*) FROM ${sql}`).pluck().get();
    const used = connection
      .prepare<[], string>('SELECT "sha256" FROM "Attachment" UNION SELECT "sha256" FROM "MessageAudio"')
      .pluck()
      .all();
    const entries = await readdir(join(dataDir, 'blobs'), { recursive: true, withFileTypes: true });
    const blobs = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    return {
      sessions: count('"Session" WHERE "deletedAt" IS NOT NULL OR "clearedThroughId" > 0'),
      ranges: count('"RemovedMessages"'),
      miscounted: count(
        '"Session" WHERE "messageCount" <> (SELECT count(*) FROM "Message" WHERE "sessionId" = "Session"."id")',
      ),
      runs: count('"Run" WHERE "sessionId" NOT IN (SELECT "id" FROM "Session")'),
      orphans: connection.pragma('foreign_key_check'),
      blobs: blobs.filter((name) => !used.includes(name)),
      lost: used.filter((sha256) => !blobs.includes(sha256)),
    };
  } finally {
    connection.close();
  }
}

const nothing = { sessions: 0, ranges: 0, miscounted: 0, runs: 0, orphans: [], blobs: [], lost: [] };

test('a gateway that is killed between any two steps of a copy, a deletion or an answer has done all of it or nothing, and leaves nothing behind', {
  timeout: 240_000,
}, async () => {
  await using folder = await openTemporaryFolder();
  const stepFile = join(folder.path, 'step');
  const settings = { NODE_OPTIONS: killAtStep(stepFile), MAX_PAGE_SIZE: '500', MAX_QUERY_COST: '100000' };
  await using first = await startScriptedProcess(settings);
  const { model, dataDir } = first;
  let gateway: GatewayProcess = first;
  // Also when the test fails.
  await using _restarted = {
    [Symbol.asyncDispose]: async () => (gateway === first ? undefined : gateway[Symbol.asyncDispose]()),
  };
  const source = await seed(gateway, model, 'Source');
  let step = 0;
  for (let survived = false; !survived; ) {
    step += 1;
    const [cut, cleared, gone] = [
      await seed(gateway, model, 'Cut'),
      await seed(gateway, model, 'Cleared'),
      await seed(gateway, model, 'Gone'),
    ];
    const middle = cut.messages[exchanges]?.id ?? '';
    const deletion = 'mutation ($id: ID!) { deleteMessage(id: $id) { id } }';
    const clearing = 'mutation ($id: ID!) { clearHistory(sessionId: $id) { id } }';
    const removal = 'mutation ($id: ID!) { deleteSession(id: $id) { deletedSessionId } }';
    const plays = [
      await playAnswer(gateway, model),
      await playFork(gateway, source),
      playDeletion(gateway, cut, [deletion, middle, cut.messages.slice(0, exchanges)]),
      playDeletion(gateway, cleared, [clearing, cleared.id, []]),
      playDeletion(gateway, gone, [removal, gone.id, undefined]),
    ];

    await writeFile(stepFile, String(step));
    const results = await Promise.allSettled(plays.map((play) => play.act()));
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(TypeError);
    survived = results.every(({ status }) => status === 'fulfilled');
    gateway.kill('SIGKILL');
    await gateway.exited;
    await rm(stepFile);
    gateway = await first.restart();

    for (const [index, play] of plays.entries()) {
      await play.check(gateway, results[index]?.status === 'fulfilled');
    }
    await expect.poll(() => leftOver(dataDir), { timeout: 20_000 }).toEqual(nothing);
  }
  // As many steps as a copy has at least: it is made in three pieces.
  expect(step).toBeGreaterThan(5);
});
