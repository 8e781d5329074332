import type { NodeStats } from '../nodes/presence/presence.ts';
import { ownerFilter } from './access/access.ts';
import { builder } from './builder.ts';
import { nodeIdText } from './node-input.ts';
import { resolvePage } from './paging/page.ts';

export const NodeConnectionRef = builder.enumType('NodeConnection', {
  description: 'Whether a node can be asked to run something.',
  values: {
    ONLINE: { description: 'It is connected and sends heartbeats.' },
    BUSY: { description: 'It is connected, and runs as many dispatches as it takes at once: others wait.' },
    OFFLINE: { description: 'It is not connected, or has been silent for too long.' },
  } as const,
});

const NodeStatsRef = builder.objectRef<NodeStats & { at: Date }>('NodeStats').implement({
  description: 'What the agent of a node has measured of its machine.',
  fields: (t) => ({
    cpuPercent: t.exposeFloat('cpuPercent', { description: 'How busy its processors are, 0 to 100.' }),
    memoryUsedBytes: t.exposeFloat('memoryUsedBytes', { description: 'Memory in use.' }),
    memoryTotalBytes: t.exposeFloat('memoryTotalBytes', { description: 'Memory there is.' }),
    loadAverage: t.exposeFloat('loadAverage', { description: 'The load of the last minute.' }),
    runningDispatches: t.exposeInt('runningDispatches', {
      description: 'Dispatches in work, as the agent counts them.',
    }),
    uptimeSeconds: t.exposeFloat('uptimeSeconds', { description: 'How long the agent has been running.' }),
    at: t.expose('at', { type: 'DateTime', description: 'When it was measured.' }),
  }),
});

export const AgentNodeRef = builder.prismaNode('AgentNode', {
  id: { field: 'id', description: 'Its id, unique among all objects of this API.' },
  nullable: true,
  description: 'A program on a machine that dials in and runs tools for the sessions it is attached to.',
  fields: (t) => ({
    nodeId: t.exposeString('nodeId', { description: 'Its name, by which it is attached: `laptop`.' }),
    displayName: t.exposeString('displayName', { description: 'Its name for people.' }),
    description: t.exposeString('description', { nullable: true, description: 'What it is for.' }),
    capabilities: t.stringList({
      select: { capabilities: true },
      description: 'The tools that it can run, as its agent said when it last connected.',
      resolve: ({ capabilities }) => capabilities as string[],
    }),
    connection: t.field({
      type: NodeConnectionRef,
      description: 'Whether it can be asked to run something, right now.',
      resolve: ({ id }, _args, { registry }) => registry.presenceOf(id).connection,
    }),
    lastSeenAt: t.field({
      type: 'DateTime',
      nullable: true,
      select: { lastSeenAt: true },
      description: 'When it was last heard of; null where it has never connected.',
      resolve: ({ id, lastSeenAt }, _args, { registry }) => registry.presenceOf(id).lastSeenAt ?? lastSeenAt,
    }),
    stats: t.field({
      type: NodeStatsRef,
      nullable: true,
      description: 'What its agent measured last; null while it is offline.',
      resolve: ({ id }, _args, { registry }) => registry.presenceOf(id).stats,
    }),
    isActive: t.exposeBoolean('isActive', { description: 'False: it was switched off and may not connect.' }),
    isRegistered: t.boolean({
      select: { tokenHash: true },
      description: 'Whether it has a token. A node that was only attached so far has none: `registerNode`.',
      resolve: ({ tokenHash }) => tokenHash !== null,
    }),
    maxDispatches: t.exposeInt('maxDispatches', { description: 'Dispatches that it takes at once.' }),
    runningDispatches: t.int({
      description: 'Dispatches that are with it, as the gateway counts them.',
      resolve: ({ id }, _args, { registry }) => registry.presenceOf(id).runningDispatches,
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'When it was registered or attached.',
    }),
  }),
});

builder.queryFields((t) => ({
  agentNode: t.prismaField({
    type: 'AgentNode',
    nullable: true,
    authScopes: { user: true },
    description: 'A node by its name; null where there is none.',
    args: {
      nodeId: t.arg.string({ required: true, validate: nodeIdText, description: 'The `nodeId` of a node.' }),
    },
    resolve: (query, _root, { nodeId }, context) =>
      context.database.agentNode.findUnique({ ...query, where: { nodeId, ...ownerFilter(context) } }),
  }),
  agentNodes: t.connection(
    {
      type: AgentNodeRef,
      authScopes: { user: true },
      description: 'The nodes of whoever is asking, newest first; of an admin, everybody’s.',
      resolve: (_root, args, context) =>
        resolvePage({
          args,
          maxSize: context.maxPageSize,
          order: 'desc',
          load: ({ after, before, limit, order }) =>
            context.database.agentNode.findMany({
              where: { id: { gt: after, lt: before }, ...ownerFilter(context) },
              orderBy: { id: order },
              take: limit,
            }),
        }),
    },
    { name: 'AgentNodeConnection' },
    { name: 'AgentNodeEdge' },
  ),
}));
