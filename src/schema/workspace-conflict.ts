import { builder } from './builder.ts';
import { rowsOf } from './paging/rows.ts';

const WorkspaceConflictRef = builder.prismaObject('WorkspaceConflict', {
  description:
    'A file that was changed in two places at the same time. The version that lost was kept beside the file, so nothing is lost. Decide which one you want: the conflict ends when there is no file at `keptPath` any more, because it was deleted or renamed.',
  fields: (t) => ({
    path: t.exposeString('path', { description: 'The file, with the version that won.' }),
    keptPath: t.exposeString('keptPath', { description: 'The file that has the other version.' }),
    nodeId: t.exposeString('nodeId', {
      nullable: true,
      description:
        'The `nodeId` of the node whose version was kept at `keptPath`; null if it was that of a client, or of the folder of the gateway.',
    }),
    at: t.expose('at', { type: 'DateTime', description: 'When the gateway kept the version.' }),
  }),
});

builder.prismaObjectFields('Workspace', (t) => ({
  conflicts: t.field({
    type: [WorkspaceConflictRef],
    description: 'The files that were changed in two places, oldest first, at most 1,000.',
    resolve: ({ sessionId }, _args, context) => rowsOf(context).conflictsOfSession.of({ id: sessionId }),
  }),
}));
