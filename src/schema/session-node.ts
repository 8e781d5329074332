import { z } from 'zod';
import type { Context } from '../context.ts';
import type { Session, SessionNode } from '../generated/prisma/client.ts';
import type { SyncStatus } from '../generated/prisma/enums.ts';
import { nodeIdText } from '../nodes/node-id.ts';
import type { MaybePromise } from '../storage/statements/statement.ts';
import { askerOf } from './access/access.ts';
import { AgentNodeRef, NodeConnectivityRef } from './agent-node.ts';
import { builder } from './builder.ts';
import { enumFromTable } from './enum-from-table.ts';
import { idArg, nodeIdArg } from './id-argument.ts';
import { nameText, storedText } from './input-checks.ts';
import { andThen } from './paging/related-rows.ts';
import { rowsOf } from './paging/rows.ts';
import { fromPresence } from './presence-of.ts';
import { SessionRef } from './session.ts';
import { readAhead } from './settle-list-items.ts';
import { WorkspaceSourceRef } from './workspace.ts';

const SyncStatusRef = enumFromTable<SyncStatus>(
  'SyncStatus',
  'Whether a node has the files of the workspace of a session.',
  {
    PENDING: 'The node has not begun to compare its files.',
    SYNCING: 'Files are on their way, in one direction or both; `progress` says how many.',
    SYNCED: 'The node has all files as the gateway has them.',
    CONFLICT:
      'As SYNCED, and a version of a file that was changed in two places is kept beside it: see `conflicts` of `Workspace`.',
    ERROR:
      'Files cannot be copied; `error` says why. The agent tries again by itself, for example when there is room on the disk again.',
    OFFLINE: 'The node is not connected. It gets what it missed when it connects again.',
  },
);

/** What is stored, unless the node is not connected. */
export function syncStatusOf(
  { agentNodeId, syncStatus }: Pick<SessionNode, 'agentNodeId' | 'syncStatus'>,
  _args: unknown,
  context: Context,
): MaybePromise<SyncStatus> {
  return fromPresence(agentNodeId, context, ({ connection }) =>
    connection === 'OFFLINE' ? 'OFFLINE' : syncStatus,
  );
}

/** How much of a transfer is done. */
type Progress = Pick<SessionNode, 'filesDone' | 'filesTotal' | 'bytesDone' | 'bytesTotal'>;

const SyncProgressRef = builder.objectRef<Progress>('SyncProgress').implement({
  description:
    'How much of the files that are on their way to and from a node has arrived. The totals grow when more files change meanwhile.',
  fields: (t) => ({
    filesDone: t.exposeInt('filesDone', { description: 'How many files have arrived.' }),
    filesTotal: t.exposeInt('filesTotal', { description: 'How many files are transferred.' }),
    bytesDone: t.exposeFloat('bytesDone', { description: 'How many bytes have arrived.' }),
    bytesTotal: t.exposeFloat('bytesTotal', { description: 'How many bytes are transferred.' }),
  }),
});

export const SessionNodeRef = builder.prismaObject('SessionNode', {
  include: { node: true },
  description: 'A node that is attached to a session.',
  fields: (t) => ({
    node: t.field({
      type: AgentNodeRef,
      description: 'The node.',
      resolve: ({ node }) => node,
    }),
    syncStatus: t.field({
      type: SyncStatusRef,
      description:
        'Whether the node has the files of the session: what the agent last reported, and OFFLINE while the node is not connected. Without a shared workspace there is nothing to copy, and a connected node is SYNCED.',
      resolve: syncStatusOf,
    }),
    progress: t.field({
      type: SyncProgressRef,
      nullable: true,
      description: 'How much of the transfer is done; null unless `syncStatus` is SYNCING.',
      resolve: (node, args, context) =>
        andThen(syncStatusOf(node, args, context), (status) => (status === 'SYNCING' ? node : null)),
    }),
    manifestHash: t.exposeString('manifestHash', {
      nullable: true,
      description:
        'The hash of all files that the node had when its agent last reported; null if it has not reported. The node has the same files as the gateway when this is the `manifestHash` of the `Workspace`.',
    }),
    connection: t.field({
      type: NodeConnectivityRef,
      description: 'Whether the node can run something now.',
      resolve: ({ agentNodeId }, _args, context) =>
        fromPresence(agentNodeId, context, ({ connection }) => connection),
    }),
    lastSyncAt: t.expose('lastSyncAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the node last had all files of the session; null if it never had them.',
    }),
    error: t.exposeString('error', {
      nullable: true,
      description: 'Why files cannot be copied, as a sentence; null if they can.',
    }),
    attachedAt: t.expose('attachedAt', { type: 'DateTime', description: 'When the node was attached.' }),
  }),
});

builder.prismaObjectFields('Session', (t) => ({
  nodes: t.field({
    type: [SessionNodeRef],
    description: 'The nodes that run the tools of the session, in the order in which they were attached.',
    resolve: (session, _args, context) => rowsOf(context).nodesOfSession.of(session),
    extensions: readAhead<Session>((session, context) => rowsOf(context).nodesOfSession.ofPage(session)),
  }),
}));

const WorkspaceInput = builder.inputType('WorkspaceInput', {
  description: 'Where the files of a session come from.',
  fields: (t) => ({
    source: t.field({ type: WorkspaceSourceRef, required: true, description: 'The kind of source.' }),
    path: t.string({
      validate: storedText(4_096),
      description:
        'The folder, at most 4,096 characters. Required for SERVER: a folder that exists below the `WORKSPACE_ROOT` of the gateway, and for a user who is no admin below the folder with the name of the user in it. Optional for NODE_LOCAL: a folder below the one that the agent was started with; default: that one. Not allowed for EMPTY.',
    }),
    sourceNodeId: t.string({
      validate: nodeIdText,
      description:
        'The `nodeId` of the node that has the files. NODE_LOCAL requires it, and the node must be attached; other sources do not allow it.',
    }),
  }),
});

builder.mutationFields((t) => {
  return {
    attachNodes: t.field({
      type: SessionRef,
      nullable: true,
      authScopes: (_root, { sessionId, userId }) => ({ $all: { session: sessionId, actFor: userId } }),
      description:
        'Attaches further nodes to a session, so that its tools can run on them. A node that is not registered yet is offline until `registerNode` registers it. Errors: NOT_FOUND; BAD_USER_INPUT if the session would have more than `MAX_NODES_PER_SESSION` nodes (default: 100) or the workspace is not valid; CONFLICT if the session has a node with the same name of another user than `userId`; QUOTA_EXCEEDED if the user has too many nodes.',
      args: {
        sessionId: idArg(t, SessionRef, 'The `id` of the session.'),
        nodeIds: t.arg.stringList({
          required: true,
          validate: z
            .array(nodeIdText)
            .min(1, 'expected at least one node')
            .max(1_000, 'expected fewer nodes'),
          description: 'The `nodeId` of each node, 1 to 1,000.',
        }),
        workspace: t.arg({
          type: WorkspaceInput,
          description:
            'Where the files of the session come from. With it, the files are copied to all attached nodes and kept the same from then on: on the lead of NODE_LOCAL they lie in its folder, on every other node in `.switchyard/{workspaceId}` of the folder of its agent. The tools of the session run there. Default: unchanged; a session that never had one shares no files.',
        }),
        userId: t.arg.string({
          validate: nameText,
          description:
            'The user who has the nodes. Default: the user of the session; if that user has no node with the name, and an admin asks, the admin. Admins in their own sessions, and everybody with `AUTH=none`, get the node of the only other user who has one. Only an admin may name another user (FORBIDDEN).',
        }),
      },
      resolve: (_root, { sessionId, userId, ...input }, context) =>
        context.attachments.attach(sessionId, { ...input, owner: userId, asker: askerOf(context) }),
    }),
    detachNode: t.field({
      type: SessionRef,
      nullable: true,
      authScopes: (_root, args) => ({ session: args.sessionId }),
      description:
        'Detaches a node from a session. The tool calls of the session on that node are cancelled. Its files stay where they are, and are not kept the same any more; when it was the lead of NODE_LOCAL, the files come from the copy of the gateway from then on. Errors: NOT_FOUND if there is no such session or the node is not attached to it.',
      args: {
        sessionId: idArg(t, SessionRef, 'The `id` of the session.'),
        nodeId: nodeIdArg(t),
      },
      resolve: (_root, { sessionId, nodeId }, { attachments }) => attachments.detach(sessionId, nodeId),
    }),
  };
});
