import type { NodeWorkspace } from '../workspace/status/node-workspaces.ts';
import { agentOf } from './access/access.ts';
import { builder } from './builder.ts';

const NodeWorkspaceRef = builder.objectRef<NodeWorkspace>('NodeWorkspace').implement({
  description: 'A workspace that an agent keeps the same as on the gateway.',
  fields: (t) => ({
    workspaceId: t.exposeString('workspaceId', {
      description: 'The id of the workspace. The agent reaches its files below `/workspaces/{workspaceId}/`.',
    }),
    sessionId: t.exposeInt('sessionId', { description: 'The `databaseId` of the session.' }),
    isLead: t.exposeBoolean('isLead', {
      description:
        'Whether the files come from this node. Then they lie at `path` in the folder of the agent, otherwise in a folder that the agent makes for the workspace.',
    }),
    path: t.exposeString('path', {
      nullable: true,
      description:
        'For the lead: where the files lie, below the folder of the agent. Null: in that folder itself.',
    }),
    revision: t.exposeInt('revision', {
      description: 'The number of the last change of the files. The agent has everything up to a lower one.',
    }),
  }),
});

const NodeWorkspacesRef = builder.objectRef<NodeWorkspace[]>('NodeWorkspaces').implement({
  description: 'The workspaces of a node.',
  fields: (t) => ({
    workspaces: t.field({
      type: [NodeWorkspaceRef],
      description: 'All shared workspaces of the sessions to which the node is attached.',
      resolve: (workspaces) => workspaces,
    }),
  }),
});

builder.subscriptionField('nodeWorkspaces', (t) =>
  t.field({
    type: NodeWorkspacesRef,
    authScopes: { agent: true },
    description:
      'For the agent of a node, with its token: its workspaces, now and again whenever there are others or one of them has changed.',
    subscribe: (_root, _args, context) => context.workspaces.followOfNode(agentOf(context), context.signal),
    resolve: (workspaces) => workspaces,
  }),
);
