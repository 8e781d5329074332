import { scopeOfViewer } from '../changes/change-scope.ts';
import { ownerFilter, ownerOf } from './access/access.ts';
import { AgentNodeRef } from './agent-node.ts';
import { builder } from './builder.ts';
import { type ChangeEvent, followScope, ViewerEventRef } from './change-event.ts';

builder.objectRef<ChangeEvent<'NodeChanged'>>('NodeChanged').implement({
  description:
    'A node of the viewer, or one that is attached to a session of the viewer, was registered, attached, detached, changed or deleted, or has connected or disconnected.',
  interfaces: [ViewerEventRef],
  fields: (t) => ({
    nodeId: t.exposeString('nodeId', { description: 'The `nodeId` of the node.' }),
    node: t.prismaField({
      type: AgentNodeRef,
      nullable: true,
      description: 'The node as it is now; null if it was deleted, or if it belongs to another user.',
      resolve: (query, { agentNodeId: id }, _args, context) =>
        context.database.agentNode.findUnique({ ...query, where: { id, ...ownerFilter(context) } }),
    }),
  }),
});

builder.subscriptionField('viewerEvents', (t) =>
  t.field({
    type: ViewerEventRef,
    authScopes: { user: true },
    description:
      'What happens to all sessions and nodes of the viewer, for a list of sessions that is always current: from now on, or everything since a cursor. An admin gets the events of all users, as `sessions` lists the sessions of all users. Errors: BAD_USER_INPUT if `after` is not a cursor that the same user got from this subscription.',
    args: {
      after: t.arg.string({
        description: 'The `cursor` of the last event that the client has seen. Default: from now on.',
      }),
    },
    subscribe: (_root, { after }, context) => followScope(scopeOfViewer(ownerOf(context)), after, context),
    resolve: (event) => event,
  }),
);
