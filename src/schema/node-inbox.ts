import { z } from 'zod';
import {
  type InboxClosedReason,
  inboxClosedReasons,
  type NodeCommand,
} from '../nodes/dispatch/node-command.ts';
import { agentOf } from './access/access.ts';
import { builder } from './builder.ts';
import { dispatchIds, opaqueId } from './node-input.ts';
import { storedText } from './stored-text.ts';

type Of<Type extends NodeCommand['type']> = Extract<NodeCommand, { type: Type }>;

const NodeCommandRef = builder.interfaceRef<NodeCommand>('NodeCommand').implement({
  description: 'What the gateway tells the agent of a node.',
  resolveType: ({ type }) => type,
  fields: (t) => ({
    seq: t.exposeInt('seq', {
      description:
        'Where the inbox goes on from: give the newest you have seen as `after`, with the `epoch`.',
    }),
    at: t.expose('at', { type: 'DateTime', description: 'When it was told.' }),
  }),
});

builder.objectRef<Of<'InboxOpened'>>('InboxOpened').implement({
  description: 'The inbox is open. Always the first, unless the node may not connect now.',
  interfaces: [NodeCommandRef],
  fields: (t) => ({
    node: t.prismaField({
      type: 'AgentNode',
      nullable: true,
      description: 'The node as which the agent is connected; null where it was deleted just now.',
      resolve: (query, { agentNodeId }, _args, { database }) =>
        database.agentNode.findUnique({ ...query, where: { id: agentNodeId } }),
    }),
    epoch: t.exposeString('epoch', { description: 'Within which `seq` grows; another one after a restart.' }),
    heartbeatMs: t.exposeInt('heartbeatMs', {
      description: 'How often to send a heartbeat. After three missed ones the node counts as offline.',
    }),
    unknownDispatchIds: t.idList({
      description: 'Those of `running` that nobody waits for: stop what still runs of them.',
      resolve: ({ unknownDispatchIds }) => unknownDispatchIds,
    }),
  }),
});

builder.objectRef<Of<'RunDispatch'>>('RunDispatch').implement({
  description:
    'Run a tool. Acknowledge it first. It may come again until you have: ignore ids that you know.',
  interfaces: [NodeCommandRef],
  fields: (t) => ({
    dispatchId: t.exposeID('dispatchId', { description: 'Names the dispatch in all reports.' }),
    tool: t.exposeString('tool', { description: 'One of the capabilities of the node.' }),
    args: t.expose('args', { type: 'JSON', description: 'Its arguments: a JSON object.' }),
    timeoutMs: t.exposeInt('timeoutMs', { description: 'Stop it when it has run for so long.' }),
    maxOutputBytes: t.exposeInt('maxOutputBytes', {
      description: 'Bytes of UTF-8 that are wanted at most, of the output and of the result each.',
    }),
  }),
});

builder.objectRef<Of<'CancelDispatch'>>('CancelDispatch').implement({
  description: 'Stop what runs of a dispatch, and report it as finished when nothing of it runs any more.',
  interfaces: [NodeCommandRef],
  fields: (t) => ({ dispatchId: t.exposeID('dispatchId', { description: 'The dispatch.' }) }),
});

const reasons = Object.entries(inboxClosedReasons) as [InboxClosedReason, string][];

const InboxClosedReasonRef = builder.enumType('InboxClosedReason', {
  description: 'Why the gateway closes an inbox.',
  values: Object.fromEntries(reasons.map(([reason, description]) => [reason, { description }])) as Record<
    InboxClosedReason,
    { description: string }
  >,
});

builder.objectRef<Of<'InboxClosed'>>('InboxClosed').implement({
  description: 'Nothing comes after this. Connect again only where the gateway is shutting down.',
  interfaces: [NodeCommandRef],
  fields: (t) => ({
    reason: t.expose('reason', { type: InboxClosedReasonRef, description: 'Why, for programs.' }),
    message: t.exposeString('message', { description: 'Why, for people.' }),
  }),
});

const capability = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,63}$/, 'expected the name of a tool, like run_command');

const NodeInboxInput = builder.inputType('NodeInboxInput', {
  description: 'What an agent says of itself when it connects.',
  fields: (t) => ({
    capabilities: t.stringList({
      required: true,
      validate: z.array(capability).max(64, 'expected at most 64'),
      description: 'The tools that it can run.',
    }),
    maxDispatches: t.int({
      required: true,
      validate: z.number().min(1, 'expected at least 1').max(64, 'expected at most 64'),
      description: 'Dispatches that it takes at once, 1 to 64.',
    }),
    agentVersion: t.string({ validate: storedText(100), description: 'For the log of the gateway.' }),
    platform: t.string({ validate: storedText(100), description: 'For the log of the gateway.' }),
    instanceId: t.id({
      required: true,
      validate: opaqueId,
      description: 'A random id of this process of the agent.',
    }),
    running: t.idList({
      required: true,
      validate: dispatchIds,
      description: 'The dispatches that this process has in work, or has finished and not yet reported.',
    }),
  }),
});

builder.subscriptionField('nodeInbox', (t) =>
  t.field({
    type: NodeCommandRef,
    authScopes: { agent: true },
    description:
      'For the agent of a node, with its token: what it is to do, from now on. It takes over from an inbox of the same node that is open.',
    args: {
      input: t.arg({ type: NodeInboxInput, required: true, description: 'Who connects.' }),
      after: t.arg.int({ description: 'The `seq` of the newest command you have seen. Default: 0.' }),
      epoch: t.arg.string({ description: 'The epoch in which you saw it; in another one `after` is 0.' }),
    },
    subscribe: (_root, { input, ...cursor }, context) =>
      context.registry.open(agentOf(context), { ...input, ...cursor }, context.signal),
    resolve: (command) => command,
  }),
);
