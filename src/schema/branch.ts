import { createContextCache } from '@pothos/core';
import DataLoader from 'dataloader';
import { type GraphQLResolveInfo, Kind } from 'graphql';
import { groupBy } from '../base/group-by.ts';
import { lazyFields } from '../base/lazy-fields.ts';
import type { Context } from '../context.ts';
import type { Message, Session } from '../generated/prisma/client.ts';
import { idList } from '../storage/statements/dialect.ts';
import { placesOfMessages, siblingsOfMessages } from '../storage/statements/lines.ts';
import { builder } from './builder.ts';
import { idArg } from './id-argument.ts';
import { storedText } from './input-checks.ts';
import { MessageRef } from './message.ts';
import { loadersOf, newestOf } from './paging/page-per-parent.ts';
import { rowsOf } from './paging/rows.ts';
import { SessionRef } from './session.ts';

// Conversations are trees: see src/chat/branches/README.md.

/** Loaders without a cache, because the context of a subscription lives long. */
const treeOf = createContextCache(
  lazyFields<Context>()({
    /** The id of the message before each message; 0 for one that begins a conversation. */
    parentId: ({ statements }) =>
      new DataLoader<number, number>(
        async (ids) => {
          const places = await statements.all(placesOfMessages, [idList(ids)]);
          const parents = new Map(places.map(({ id, parentId }) => [id, parentId]));
          return ids.map((id) => parents.get(id) ?? 0);
        },
        { cache: false },
      ),
    /** The ids of the messages with the same parent as each message, oldest first. */
    siblingIds: ({ statements }) =>
      new DataLoader<number, number[]>(
        async (ids) => {
          const rows = await statements.all(siblingsOfMessages, [idList(ids)]);
          const siblings = groupBy(rows, ({ messageId }) => messageId);
          return ids.map((id) =>
            (siblings.get(id) ?? []).map(({ siblingId }) => siblingId).sort((a, b) => a - b),
          );
        },
        { cache: false },
      ),
  }),
);

/** Whether the id of a row answers all that is selected of it. */
function asksForIdsOnly({ fieldNodes }: GraphQLResolveInfo): boolean {
  const selected = fieldNodes.flatMap(({ selectionSet }) => selectionSet?.selections ?? []);
  return selected.every((each) => each.kind === Kind.FIELD && /^(id|databaseId)$/.test(each.name.value));
}

builder.prismaObjectFields('Message', (t) => ({
  parent: t.field({
    type: MessageRef,
    nullable: true,
    description:
      'The message before this one: for an answer its prompt, for a prompt the answer before it. Null for the first message of a conversation.',
    resolve: async ({ id }, _args, context, info) => {
      const parentId = await treeOf(context).parentId.load(id);
      if (parentId === 0) return null;
      // A list of messages holds most parents already: their texts are not read twice to tell who they are.
      return asksForIdsOnly(info) ? ({ id: parentId } as Message) : rowsOf(context).message.load(parentId);
    },
  }),
  siblings: t.field({
    type: [MessageRef],
    description:
      'The versions of this message: all messages with the same `parent`, oldest first, this one among them. A prompt gets another version with `editOf`, an answer with `answerTo`. `selectBranch` shows one of them.',
    resolve: async ({ id }, _args, context): Promise<Message[]> => {
      const ids = await treeOf(context).siblingIds.load(id);
      const messages = await Promise.all(ids.map((each) => rowsOf(context).message.load(each)));
      return messages.filter((message) => message !== null);
    },
  }),
}));

builder.prismaObjectFields('Session', (t) => ({
  head: t.field({
    type: MessageRef,
    nullable: true,
    description:
      'The newest message of the branch that the session shows, which the next prompt continues; null if it has no messages. `messages` leads to it.',
    resolve: ({ id }, _args, context) => newestOf(loadersOf(context).messages, id),
  }),
}));

builder.mutationFields((t) => ({
  selectBranch: t.field({
    type: SessionRef,
    nullable: true,
    authScopes: (_root, { messageId }) => ({ message: messageId }),
    description:
      'Shows the branch of the session that goes through a message, and from there down to the newest message below it. The next prompt continues it. Also possible while a run is live: the run goes on writing its own answer. Errors: NOT_FOUND.',
    args: { messageId: idArg(t, MessageRef, 'The `id` of a message, for example one of `siblings`.') },
    resolve: (_root, { messageId }, { sessions }) => sessions.selectBranch(messageId),
  }),
  forkSession: t.field({
    type: SessionRef,
    nullable: true,
    authScopes: (_root, { messageId }) => ({ message: messageId }),
    description:
      'Copies the branch up to a message, with that message, into a new session of the same user: messages, tool calls, recordings and attachments, and the settings of the session. The copy has no runs, no nodes and no files. Others see it when it is whole. Errors: NOT_FOUND; RUN_IN_PROGRESS if one of the messages is being written; QUOTA_EXCEEDED; RATE_LIMITED while four copies of the user are being made; OVERLOADED.',
    args: {
      messageId: idArg(t, MessageRef, 'The `id` of the last message to copy.'),
      title: t.arg.string({
        validate: storedText(200),
        description:
          'The title of the new session, at most 200 characters. Default: the same title; null: no title.',
      }),
    },
    async resolve(_root, { messageId, title }, { sessions, account }) {
      const copy = await sessions.fork(messageId, title);
      await account?.settle(costOfCopy(copy), 0);
      return copy;
    },
  }),
  deleteMessage: t.field({
    type: SessionRef,
    nullable: true,
    authScopes: (_root, { id }) => ({ message: id }),
    description:
      'Deletes a message with all that follow it, on every branch, with their tool calls, recordings and attachments. Their runs and the token usage stay. Where the session has shown one of them, it shows the version before the deleted message, or the one behind it; without other versions the branch ends before the message. Errors: NOT_FOUND; RUN_IN_PROGRESS if one of the messages is being written, or waits in the queue.',
    args: { id: idArg(t, MessageRef, 'The `id` of the first message to delete.') },
    resolve: (_root, { id }, { sessions, actor }) => sessions.deleteMessage(id, actor),
  }),
}));

/** What a copy costs, in fields: a message takes 0.1 ms, and a megabyte 8 ms. */
function costOfCopy({ messageCount, storedBytes }: Session): number {
  return 15 * messageCount + Number(storedBytes) / 1_000;
}
