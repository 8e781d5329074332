import { expect, test } from 'vitest';
import { collect, follow } from '../../support/gateway/chat.ts';
import { databaseIdOf } from '../../support/gateway/database-id.ts';
import { type Known, messageId, type Random, randomFrom, Tree } from '../../support/gateway/message-tree.ts';
import type { ScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import { countBytes } from '../../support/gateway/stored-bytes.ts';
import { text } from '../../support/model/turn.ts';

const shared = shareScriptedGateway();

/** What a client was told: an error, or what its operation returned. */
interface Told {
  /** The code of the error. */
  code?: string;
  /** The prompt and its answer. */
  sent?: [prompt: Known, answer: Known];
  /** The head of the session afterwards, 0 for none; undefined if the operation tells none. */
  head?: number;
  copied?: string[];
}

/** A session as the rules have it, at one moment between the operations of two clients. */
interface World {
  tree: Tree;
  /** The ids of answers that are being written or wait. */
  live: Set<number>;
}

/** What happens at one moment. Returns false if the client was told something else than the rules say. */
type Happening = (world: World, told: Told) => boolean;

/** What a client does, and what it is made of: nothing else of the same operation can be seen. */
interface Operation {
  name: string;
  run(gateway: ScriptedGateway, sessionId: string): Promise<Told>;
  happenings: Happening[];
}

const refused = ({ code }: Told, ...codes: string[]) => code !== undefined && codes.includes(code);

let prompts = 0;

const sendDocument = `mutation ($input: ChatInput!) { sendMessage(input: $input) {
  id userMessage { databaseId content } assistantMessage { databaseId }
} }`;

/** A prompt, perhaps another version or another answer, under the head that the client knows. */
function sends(place: { editOf?: Known; answerTo?: Known }, expectedHead: number | undefined): Operation {
  prompts += 1;
  const prompt = `Prompt ${prompts}`;
  const of = place.editOf ?? place.answerTo;
  return {
    name: `send ${JSON.stringify({ prompt, expectedHead, editOf: place.editOf?.id, answerTo: place.answerTo?.id })}`,
    async run(gateway, sessionId) {
      const input = {
        sessionId,
        onBusy: 'ENQUEUE',
        ...(place.editOf && { editOf: messageId(place.editOf.id) }),
        ...(place.answerTo ? { answerTo: messageId(place.answerTo.id) } : { prompt }),
        ...(expectedHead !== undefined && { expectedHead: messageId(expectedHead) }),
      };
      const { id, userMessage, assistantMessage } = (await gateway.query(sendDocument, { input }))
        .sendMessage;
      const end = (await collect(follow(gateway.client(), id))).at(-1);
      expect(end?.__typename).toBe('RunCompleted');
      const asked = {
        id: userMessage.databaseId,
        parent: 0,
        role: 'USER' as const,
        content: userMessage.content,
      };
      const { databaseId: answerId } = assistantMessage;
      const content = end?.['message'].content;
      return { sent: [asked, { id: answerId, parent: asked.id, role: 'ASSISTANT', content }] };
    },
    happenings: [
      ({ tree, live }, told) => {
        const isGone = of !== undefined && tree.of(of.id) === undefined;
        const hasMoved = expectedHead !== undefined && tree.head !== expectedHead;
        if (isGone || hasMoved)
          return refused(
            told,
            ...(isGone ? ['NOT_FOUND', 'BAD_USER_INPUT'] : []),
            ...(hasMoved ? ['HEAD_MOVED'] : []),
          );
        if (told.sent === undefined) return false;
        const [asked, answer] = told.sent;
        const parent = place.editOf ? place.editOf.parent : tree.head;
        if (!place.answerTo) tree.messages.push({ ...asked, parent });
        tree.messages.push(answer);
        tree.messages.sort((a, b) => a.id - b.id);
        tree.head = answer.id;
        live.add(answer.id);
        return true;
      },
      ({ live }, { sent }) => {
        if (sent) live.delete(sent[1].id);
        return true;
      },
    ],
  };
}

const headOf = (session: { head: { databaseId: number } | null }) => session.head?.databaseId ?? 0;

function selects({ id }: Known): Operation {
  return {
    name: `select ${id}`,
    async run(gateway) {
      const document = 'mutation ($id: ID!) { selectBranch(messageId: $id) { head { databaseId } } }';
      return { head: headOf((await gateway.query(document, { id: messageId(id) })).selectBranch) };
    },
    happenings: [
      ({ tree }, told) => {
        if (tree.of(id) === undefined) return refused(told, 'NOT_FOUND');
        tree.select(id);
        return told.head !== undefined;
      },
    ],
  };
}

function deletes(message: Known): Operation {
  const { id } = message;
  return {
    name: `delete ${id}`,
    async run(gateway) {
      const document = 'mutation ($id: ID!) { deleteMessage(id: $id) { head { databaseId } } }';
      return { head: headOf((await gateway.query(document, { id: messageId(id) })).deleteMessage) };
    },
    happenings: [
      ({ tree, live }, told) => {
        if (tree.of(id) === undefined) return refused(told, 'NOT_FOUND');
        if (tree.below(id).some((each) => live.has(each))) return refused(told, 'RUN_IN_PROGRESS');
        tree.delete(message);
        return told.head !== undefined;
      },
    ],
  };
}

function copies({ id }: Known): Operation {
  return {
    name: `copy ${id}`,
    async run(gateway) {
      const document =
        'mutation ($id: ID!) { forkSession(messageId: $id) { messages(first: 100) { edges { node { content } } } } }';
      const { edges } = (await gateway.query(document, { id: messageId(id) })).forkSession.messages;
      return { copied: edges.map(({ node }: { node: Known }) => node.content) };
    },
    happenings: [
      ({ tree, live }, told) => {
        if (tree.of(id) === undefined) return refused(told, 'NOT_FOUND');
        if (tree.path(id).some((each) => live.has(each.id))) return refused(told, 'RUN_IN_PROGRESS');
        return JSON.stringify(told.copied) === JSON.stringify(tree.copied(id));
      },
    ],
  };
}

function clears(): Operation {
  return {
    name: 'clear',
    async run(gateway, sessionId) {
      const document = 'mutation ($id: ID!) { clearHistory(sessionId: $id) { head { databaseId } } }';
      return { head: headOf((await gateway.query(document, { id: sessionId })).clearHistory) };
    },
    happenings: [
      ({ tree, live }, told) => {
        if (live.size > 0) return refused(told, 'RUN_IN_PROGRESS');
        Object.assign(tree, new Tree());
        return told.head !== undefined;
      },
    ],
  };
}

/** What a client may do that sees this tree. */
function choose(tree: Tree, random: Random): Operation {
  const choice = random.next();
  const any = random.of(tree.messages);
  const asked = random.of(tree.messages.filter(({ role }) => role === 'USER'));
  const known = random.next() < 0.5 && tree.head > 0 ? tree.head : undefined;
  if (choice < 0.3 || !any || !asked) return sends({}, known);
  if (choice < 0.45) return sends({ editOf: asked }, known);
  if (choice < 0.55) return sends({ answerTo: asked }, known);
  if (choice < 0.7) return selects(any);
  if (choice < 0.85) return deletes(any);
  return choice < 0.97 ? copies(any) : clears();
}

/** The orders in which two lists may happen, each list in its own order. */
function merges<T>(one: readonly T[], other: readonly T[]): T[][] {
  const [first, ...rest] = one;
  const [second, ...others] = other;
  if (first === undefined || second === undefined) return [[...one, ...other]];
  return [
    ...merges(rest, other).map((order) => [first, ...order]),
    ...merges(one, others).map((order) => [second, ...order]),
  ];
}

/** The trees that the operations may have made, by what their clients were told. */
function explain(tree: Tree, operations: readonly Operation[], told: readonly Told[]): Tree[] {
  const [one = [], other = []] = operations.map(({ happenings }, client) =>
    happenings.map((happen) => ({ happen, client })),
  );
  return merges(one, other).flatMap((order) => {
    const copy = Object.assign(new Tree(), { head: tree.head, messages: [...tree.messages] });
    const world = { tree: copy, live: new Set<number>() };
    return order.every(({ happen, client }) => happen(world, told[client] ?? {})) ? [copy] : [];
  });
}

const stateDocument = `query ($id: ID!) { session(id: $id) { head { databaseId }
  messages(first: 100) { totalCount edges { node { databaseId content parent { databaseId } siblings { databaseId } } } }
} }`;

/** A branch as a client sees it, or as a tree says that it must be seen. */
async function seen(gateway: ScriptedGateway, id: string) {
  const { session } = await gateway.query(stateDocument, { id });
  return {
    head: headOf(session),
    count: session.messages.totalCount,
    // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
    branch: session.messages.edges.map(({ node }: any) => [
      node.databaseId,
      node.content,
      node.parent?.databaseId ?? 0,
      node.siblings.map((each: { databaseId: number }) => each.databaseId),
    ]),
  };
}

function expected(tree: Tree) {
  const path = tree.path();
  return {
    head: tree.head,
    count: path.length,
    branch: path.map((message) => [message.id, message.content, message.parent, tree.siblings(message)]),
  };
}

test.each([1, 2])(
  'two clients that change a session at once are told what is true of some order of their changes (seed %i)',
  async (seed) => {
    const gateway = shared();
    const random = randomFrom(seed);
    const sessionId = await gateway.createSession();
    let tree = new Tree();
    for (let round = 0; round < 25; round += 1) {
      const operations = [choose(tree, random), choose(tree, random)];
      gateway.model.script([text(`Answer ${round} a`)], [text(`Answer ${round} b`)]);
      const told = await Promise.all(
        operations.map(async (operation): Promise<Told> => {
          try {
            return await operation.run(gateway, sessionId);
          } catch (error) {
            return { code: (error as { code: string }).code };
          }
        }),
      );
      gateway.model.reset();
      const now = await seen(gateway, sessionId);
      const trees = explain(tree, operations, told);
      const story = JSON.stringify({ round, names: operations.map(({ name }) => name), told });
      expect(trees.map(expected), story).toContainEqual(now);
      tree = trees.find((each) => JSON.stringify(expected(each)) === JSON.stringify(now)) ?? tree;
    }
    const { database } = gateway.services;
    const id = databaseIdOf(sessionId);
    const left = () => database.message.count({ where: { sessionId: id } });
    await expect.poll(left, { timeout: 30_000 }).toBe(tree.messages.length);
    const { messageCount } = await database.session.findUniqueOrThrow({ where: { id } });
    expect(messageCount).toBe(tree.messages.length);
    const { counted, stored } = await countBytes(database, sessionId);
    expect(counted).toBe(stored);
  },
);
