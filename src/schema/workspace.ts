import type { WorkspaceSource } from '../generated/prisma/enums.ts';
import { builder } from './builder.ts';
import { enumFromTable } from './enum-from-table.ts';
import { firstOf, rowsOf } from './paging/rows.ts';

export const WorkspaceSourceRef = enumFromTable<WorkspaceSource>(
  'WorkspaceSource',
  'Where the files of a session come from.',
  {
    EMPTY: 'The session begins without files.',
    SERVER:
      'From a folder on the machine of the gateway, which is kept the same as the workspace from then on. Without a `path`: from the copy that the gateway has.',
    NODE_LOCAL:
      'From a folder on one of the attached nodes, the lead. Its files are copied to the gateway, and from there to the other nodes. Where two sides have changed a file, the version of the lead wins.',
  },
);

export const WorkspaceRef = builder.prismaObject('Workspace', {
  description:
    'The files that a session shares with its nodes: one set of files, which is the same on the gateway and on every attached node, except while changes are on their way (`syncStatus` of `SessionNode`). It stays when the messages of the session are deleted, and is deleted with the session.',
  fields: (t) => ({
    id: t.exposeID('workspaceId', {
      description: 'The same as `workspaceId`. `node` does not find a workspace by it.',
    }),
    workspaceId: t.exposeString('workspaceId', {
      description:
        'The id of the workspace, a UUID, which the REST API calls `sync_workspace_id`. Its files are below `/workspaces/{workspaceId}/files/` on this gateway.',
    }),
    source: t.expose('source', { type: WorkspaceSourceRef, description: 'Where the files come from.' }),
    path: t.exposeString('path', {
      nullable: true,
      description:
        'The folder that the files come from: on the gateway for SERVER, below the folder of the agent for NODE_LOCAL. Null if no folder was given.',
    }),
    error: t.string({
      nullable: true,
      description:
        'Why the folder of the gateway that the files come from is not kept the same as them, as a sentence. Null if it is, and if the files come from no folder of the gateway. What is wrong with the folder of a node is in `error` of `SessionNode`.',
      resolve: ({ error, source, path }) => (source === 'SERVER' && path !== null ? error : null),
    }),
    sourceNodeId: t.exposeString('sourceNodeId', {
      nullable: true,
      description:
        'The `nodeId` of the node that the files come from; null unless the source is NODE_LOCAL. When that node is detached, the source becomes SERVER without a `path`.',
    }),
    isShared: t.exposeBoolean('isShared', {
      description:
        'Whether files are shared. False until nodes are attached with a `workspace`: then nothing is copied, every connected node is SYNCED, and there are no files.',
    }),
    manifestHash: t.string({
      description:
        'The hash of all files: of their paths, their bytes and their modes. A node whose `manifestHash` is the same has the same files.',
      resolve: async ({ sessionId }, _args, { workspaces }) => (await workspaces.tree(sessionId)).tree.hash(),
    }),
    fileCount: t.exposeInt('fileCount', { description: 'How many files and symbolic links there are.' }),
    totalBytes: t.float({
      description: 'The size of all files together, in bytes.',
      resolve: ({ totalBytes }) => Number(totalBytes),
    }),
  }),
});

builder.prismaObjectFields('Session', (t) => ({
  workspace: t.field({
    type: WorkspaceRef,
    nullable: true,
    description: 'The files of the session; null until a node is attached for the first time.',
    resolve: (session, _args, context) => firstOf(rowsOf(context).workspaceOfSession.of(session)),
  }),
}));
