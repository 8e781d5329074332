import { findNode } from '../nodes/find-node.ts';
import type { NodeConnectivity } from '../nodes/presence/presence.ts';
import { askerOf, ownerOf } from './access/access.ts';
import { builder } from './builder.ts';
import { enumFromTable } from './enum-from-table.ts';
import { nodeIdArg, nodeOwnerArg } from './id-argument.ts';
import { NodeStatsRef } from './node-stats.ts';
import { countAgentNodes } from './paging/count-rows.ts';
import { listNodes } from './paging/list-nodes.ts';
import { resolvePage } from './paging/page.ts';
import { fromPresence } from './presence-of.ts';
import { idDescription } from './relay-options.ts';
import { totalCount } from './total-count.ts';

export const NodeConnectivityRef = enumFromTable<NodeConnectivity>(
  'NodeConnectivity',
  'Whether a node can run something now.',
  {
    ONLINE: 'The agent is connected and has a free slot for a dispatch.',
    BUSY: 'The agent is connected and runs `maxDispatches` dispatches. Further dispatches wait.',
    OFFLINE: 'No agent is connected, or the agent has missed three heartbeats.',
  },
);

export const AgentNodeRef = builder.prismaNode('AgentNode', {
  id: { field: 'id', description: idDescription },
  nullable: true,
  description:
    'An agent node: a program on a machine that connects to the gateway and runs tools for the sessions to which it is attached.',
  fields: (t) => ({
    nodeId: t.exposeString('nodeId', {
      description:
        'The name of the node, for example `laptop`, unique among the nodes of its user. `attachNodes` takes this name, and the model sees it.',
    }),
    userId: t.string({
      nullable: true,
      description:
        'The user that the node belongs to. Null for the node of another user, which an admin has attached to a session of the viewer.',
      // An agent reaches no other node than its own.
      resolve: ({ userId }, _args, { viewer }) =>
        viewer === null || viewer.isAdmin || viewer.userId === userId ? userId : null,
    }),
    displayName: t.exposeString('displayName', { description: 'The name to show to people.' }),
    description: t.exposeString('description', {
      nullable: true,
      description: 'What the node is for; the model is told. Null if the node has no description.',
    }),
    capabilities: t.stringList({
      description:
        'The names of the tools that the agent can run, for example `run_command`, as it said when it last connected.',
      resolve: ({ capabilities }) => capabilities as string[],
    }),
    connection: t.field({
      type: NodeConnectivityRef,
      description: 'Whether the node can run something now.',
      resolve: ({ id }, _args, context) => fromPresence(id, context, ({ connection }) => connection),
    }),
    lastSeenAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the gateway last heard from the agent; null if the agent has never connected.',
      resolve: ({ id, lastSeenAt }, _args, context) =>
        fromPresence(id, context, (presence) => presence.lastSeenAt ?? lastSeenAt),
    }),
    stats: t.field({
      type: NodeStatsRef,
      nullable: true,
      description:
        'What the agent last measured; null while the node is offline and before the first heartbeat.',
      resolve: ({ id }, _args, context) => fromPresence(id, context, ({ stats }) => stats),
    }),
    isActive: t.exposeBoolean('isActive', {
      description: 'Whether the node may connect and run tools. `updateNode` changes this.',
    }),
    isRegistered: t.boolean({
      description:
        'Whether the node has a token. A node that was attached before it was registered has no token and is offline until `registerNode` gives it one.',
      resolve: ({ tokenHash }) => tokenHash !== null,
    }),
    maxDispatches: t.exposeInt('maxDispatches', {
      description:
        'How many dispatches the agent runs at once, 1 to 64, as it said when it last connected. Default: 1.',
    }),
    runningDispatches: t.int({
      description: 'How many dispatches the agent has now, as the gateway counts them.',
      resolve: ({ id }, _args, context) =>
        fromPresence(id, context, ({ runningDispatches }) => runningDispatches),
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'When the node was registered, or attached before that.',
    }),
  }),
});

builder.queryFields((t) => ({
  agentNode: t.prismaField({
    type: 'AgentNode',
    nullable: true,
    authScopes: (_root, { userId }) => ({ actFor: userId }),
    description:
      'The node with this name; null if there is no such node. Errors: BAD_USER_INPUT if an admin names no user, has no such node, and several users have one.',
    args: { nodeId: nodeIdArg(t), userId: nodeOwnerArg(t) },
    resolve: (query, _root, name, context) => findNode(context.database, name, askerOf(context), query),
  }),
  agentNodes: t.connection(
    {
      type: AgentNodeRef,
      authScopes: { user: true },
      description: 'A page of the nodes of the viewer, newest first. An admin gets the nodes of all users.',
      resolve: async (_root, args, context) => {
        const page = await resolvePage({
          args,
          maxSize: context.maxPageSize,
          order: 'desc',
          load: (range) => listNodes(context, range),
        });
        return { ...page, count: (upTo: number) => countAgentNodes(context, ownerOf(context), upTo) };
      },
    },
    {
      name: 'AgentNodeConnection',
      fields: (t) => ({ totalCount: totalCount(t) }),
    },
    { name: 'AgentNodeEdge' },
  ),
}));
