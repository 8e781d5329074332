import { z } from 'zod';
import type { Context } from '../context.ts';
import type { Session, SessionNode } from '../generated/prisma/client.ts';
import type { SyncStatus, WorkspaceSource } from '../generated/prisma/enums.ts';
import { nodeIdText } from '../nodes/node-id.ts';
import type { MaybePromise } from '../storage/statements/statement.ts';
import { askerOf } from './access/access.ts';
import { AgentNodeRef, NodeConnectivityRef } from './agent-node.ts';
import { builder } from './builder.ts';
import { enumFromTable } from './enum-from-table.ts';
import { idArg, nodeIdArg } from './id-argument.ts';
import { nameText, storedText } from './input-checks.ts';
import { firstOf, rowsOf } from './paging/rows.ts';
import { fromPresence } from './presence-of.ts';
import { SessionRef } from './session.ts';
import { readAhead } from './settle-list-items.ts';

const SyncStatusRef = enumFromTable<SyncStatus>(
  'SyncStatus',
  'How far the files of a session have been copied to a node. The gateway does not copy files yet: a node that is connected stays PENDING.',
  {
    PENDING: 'Copying has not begun.',
    SYNCING: 'The files are being copied.',
    SYNCED: 'The node has the files.',
    CONFLICT: 'A file was changed in two places.',
    ERROR: 'Copying failed; `error` says why.',
    OFFLINE: 'The node is not connected.',
  },
);

const WorkspaceSourceRef = enumFromTable<WorkspaceSource>(
  'WorkspaceSource',
  'Where the files of a session come from.',
  {
    EMPTY: 'The session begins without files.',
    SERVER: 'From a folder on the machine of the gateway.',
    NODE_LOCAL: 'From a folder on one of the attached nodes.',
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
        'How far the files of the session have been copied to the node; OFFLINE while the node is not connected.',
      resolve: syncStatusOf,
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
      description: 'Why copying the files failed; null if it has not failed.',
    }),
    attachedAt: t.expose('attachedAt', { type: 'DateTime', description: 'When the node was attached.' }),
  }),
});

const WorkspaceRef = builder.prismaObject('Workspace', {
  description: 'The files that a session shares with its nodes.',
  fields: (t) => ({
    id: t.exposeID('workspaceId', {
      description:
        'The id of the workspace, a UUID, which the REST API calls `sync_workspace_id`. `node` does not find a workspace by it.',
    }),
    source: t.expose('source', { type: WorkspaceSourceRef, description: 'Where the files come from.' }),
    path: t.exposeString('path', {
      nullable: true,
      description: 'The folder that the files come from; null if no folder was given.',
    }),
    sourceNodeId: t.exposeString('sourceNodeId', {
      nullable: true,
      description: 'The `nodeId` of the node that the files come from; null unless the source is NODE_LOCAL.',
    }),
  }),
});

builder.prismaObjectFields('Session', (t) => ({
  nodes: t.field({
    type: [SessionNodeRef],
    description: 'The nodes that run the tools of the session, in the order in which they were attached.',
    resolve: (session, _args, context) => rowsOf(context).nodesOfSession.of(session),
    extensions: readAhead<Session>((session, context) => rowsOf(context).nodesOfSession.ofPage(session)),
  }),
  workspace: t.field({
    type: WorkspaceRef,
    nullable: true,
    description: 'The files of the session; null until a node is attached for the first time.',
    resolve: (session, _args, context) => firstOf(rowsOf(context).workspaceOfSession.of(session)),
  }),
}));

const WorkspaceInput = builder.inputType('WorkspaceInput', {
  description: 'Where the files of a session come from.',
  fields: (t) => ({
    source: t.field({ type: WorkspaceSourceRef, required: true, description: 'The kind of source.' }),
    path: t.string({
      validate: storedText(4_096),
      description:
        'The folder, at most 4,096 characters: required for SERVER, optional for NODE_LOCAL, not allowed for EMPTY.',
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
            'Where the files of the session come from. Default: unchanged, or EMPTY for a session that has no workspace yet.',
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
        'Detaches a node from a session. The tool calls of the session on that node are cancelled. Errors: NOT_FOUND if there is no such session or the node is not attached to it.',
      args: {
        sessionId: idArg(t, SessionRef, 'The `id` of the session.'),
        nodeId: nodeIdArg(t),
      },
      resolve: (_root, { sessionId, nodeId }, { attachments }) => attachments.detach(sessionId, nodeId),
    }),
  };
});
