import { z } from 'zod';
import { SyncStatus, WorkspaceSource } from '../generated/prisma/enums.ts';
import { userOf } from './access/access.ts';
import { AgentNodeRef, NodeConnectionRef } from './agent-node.ts';
import { builder } from './builder.ts';
import { idOf } from './global-id.ts';
import { nodeIdText } from './node-input.ts';
import { SessionRef } from './session.ts';
import { storedText } from './stored-text.ts';

const SyncStatusRef = builder.enumType('SyncStatus', {
  description: 'How far a node has the files of a session.',
  values: {
    [SyncStatus.PENDING]: { description: 'Not begun.' },
    [SyncStatus.SYNCING]: { description: 'They are on their way.' },
    [SyncStatus.SYNCED]: { description: 'It has them.' },
    [SyncStatus.CONFLICT]: { description: 'They were changed in two places.' },
    [SyncStatus.ERROR]: { description: 'It failed; `error` says why.' },
    [SyncStatus.OFFLINE]: { description: 'The node is not connected.' },
  },
});

const WorkspaceSourceRef = builder.enumType('WorkspaceSource', {
  description: 'Where the files of a session come from.',
  values: {
    [WorkspaceSource.EMPTY]: { description: 'There are none to begin with.' },
    [WorkspaceSource.SERVER]: { description: 'From a folder of the gateway.' },
    [WorkspaceSource.NODE_LOCAL]: { description: 'From a folder of one of its nodes.' },
  },
});

export const SessionNodeRef = builder.prismaObject('SessionNode', {
  description: 'A node that is attached to a session.',
  fields: (t) => ({
    node: t.relation('node', { type: AgentNodeRef, description: 'The node.' }),
    syncStatus: t.field({
      type: SyncStatusRef,
      description: 'How far it has the files of the session; OFFLINE while it is not connected.',
      resolve: ({ agentNodeId, syncStatus }, _args, { registry }) =>
        registry.presenceOf(agentNodeId).connection === 'OFFLINE' ? SyncStatus.OFFLINE : syncStatus,
    }),
    connection: t.field({
      type: NodeConnectionRef,
      description: 'Whether the node can be asked to run something, right now.',
      resolve: ({ agentNodeId }, _args, { registry }) => registry.presenceOf(agentNodeId).connection,
    }),
    lastSyncAt: t.expose('lastSyncAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it last had the files; null where it never did.',
    }),
    error: t.exposeString('error', { nullable: true, description: 'Why it does not have the files.' }),
    attachedAt: t.expose('attachedAt', { type: 'DateTime', description: 'When it was attached.' }),
  }),
});

const WorkspaceRef = builder.prismaObject('Workspace', {
  description: 'The files that a session shares with its nodes.',
  fields: (t) => ({
    id: t.exposeID('workspaceId', { description: 'What the REST API calls `sync_workspace_id`.' }),
    source: t.expose('source', { type: WorkspaceSourceRef, description: 'Where they come from.' }),
    path: t.exposeString('path', { nullable: true, description: 'The folder, where the source has one.' }),
    sourceNodeId: t.exposeString('sourceNodeId', {
      nullable: true,
      description: 'The `nodeId` of the node that they come from, where it is one.',
    }),
  }),
});

builder.prismaObjectFields('Session', (t) => ({
  nodes: t.relation('nodes', {
    type: SessionNodeRef,
    query: { orderBy: [{ attachedAt: 'asc' }, { agentNodeId: 'asc' }] },
    description: 'The nodes that run its tools, in the order in which they were attached.',
  }),
  workspace: t.relation('workspace', {
    type: WorkspaceRef,
    nullable: true,
    description: 'Its files; null until a node is attached for the first time.',
  }),
}));

const WorkspaceInput = builder.inputType('WorkspaceInput', {
  description: 'Where the files of a session come from.',
  fields: (t) => ({
    source: t.field({ type: WorkspaceSourceRef, required: true, description: 'The kind of place.' }),
    path: t.string({ validate: storedText(4_096), description: 'The folder, for SERVER and NODE_LOCAL.' }),
    sourceNodeId: t.string({
      validate: nodeIdText,
      description: 'The node that has them, for NODE_LOCAL. It must be attached.',
    }),
  }),
});

builder.mutationFields((t) => {
  const sessionId = () =>
    t.arg.globalID({
      for: SessionRef,
      validate: idOf(SessionRef),
      required: true,
      description: 'The session.',
    });
  return {
    attachNodes: t.field({
      type: SessionRef,
      authScopes: (_root, args) => ({ session: Number(args.sessionId.id) }),
      description:
        'Lets a session run its tools on nodes. Those that are attached stay attached; those that nobody has registered are offline until somebody does.',
      args: {
        sessionId: sessionId(),
        nodeIds: t.arg.stringList({
          required: true,
          validate: z
            .array(nodeIdText)
            .min(1, 'expected at least one node')
            .max(1_000, 'expected fewer nodes'),
          description: 'The `nodeId` of each.',
        }),
        workspace: t.arg({
          type: WorkspaceInput,
          description: 'Where the files come from. Default: as it is, or EMPTY.',
        }),
      },
      resolve: (_root, { sessionId, ...input }, context) => {
        const { isAdmin } = userOf(context);
        return context.attachments.attach(Number(sessionId.id), { ...input, isAdmin });
      },
    }),
    detachNode: t.field({
      type: SessionRef,
      authScopes: (_root, args) => ({ session: Number(args.sessionId.id) }),
      description: 'Takes a node away from a session. What the session runs on it is cancelled.',
      args: {
        sessionId: sessionId(),
        nodeId: t.arg.string({
          required: true,
          validate: nodeIdText,
          description: 'The `nodeId` of the node.',
        }),
      },
      resolve: (_root, { sessionId, nodeId }, { attachments }) =>
        attachments.detach(Number(sessionId.id), nodeId),
    }),
  };
});
