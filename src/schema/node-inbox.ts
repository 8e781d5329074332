import { z } from 'zod';
import { inboxClosedReasons, type NodeCommand } from '../nodes/dispatch/node-command.ts';
import { agentOf } from './access/access.ts';
import { builder } from './builder.ts';
import { enumFromTable } from './enum-from-table.ts';
import { dispatchIds, opaqueId, storedText } from './input-checks.ts';
import { ToolApprovalRef } from './session.ts';

type Of<Type extends NodeCommand['type']> = Extract<NodeCommand, { type: Type }>;

const NodeCommandRef = builder.interfaceRef<NodeCommand>('NodeCommand').implement({
  description: 'A command of the gateway to the agent of a node.',
  resolveType: ({ type }) => type,
  fields: (t) => ({
    seq: t.exposeInt('seq', {
      description:
        'The position in the inbox. To continue after a lost connection, pass the newest `seq` as `after`, together with the `epoch`.',
    }),
    at: t.expose('at', { type: 'DateTime', description: 'When the gateway sent the command.' }),
  }),
});

builder.objectRef<Of<'InboxOpened'>>('InboxOpened').implement({
  description: 'The inbox is open. This is the first command, unless the node may not connect now.',
  interfaces: [NodeCommandRef],
  fields: (t) => ({
    node: t.prismaField({
      type: 'AgentNode',
      nullable: true,
      description: 'The node as which the agent is connected; null if the node has just been deleted.',
      resolve: (query, { agentNodeId }, _args, { database }) =>
        database.agentNode.findUnique({ ...query, where: { id: agentNodeId } }),
    }),
    epoch: t.exposeString('epoch', {
      description:
        'The id of the gateway process that counts `seq`. After a restart of the gateway it is another one, and an older `seq` is not valid.',
    }),
    heartbeatMs: t.exposeInt('heartbeatMs', {
      description:
        'How often the agent must call `nodeHeartbeat`, in milliseconds. After three missed heartbeats the node is OFFLINE.',
    }),
    unknownDispatchIds: t.idList({
      description:
        'Those ids in `running` for which no run waits any more. The agent must stop these dispatches.',
      resolve: ({ unknownDispatchIds }) => unknownDispatchIds,
    }),
  }),
});

builder.objectRef<Of<'RunDispatch'>>('RunDispatch').implement({
  description:
    'Run a tool. The agent must call `acknowledgeDispatch` before it starts. Until then this command may come again, so the agent must not start a `dispatchId` that it knows. If it has ended that dispatch, it should report the result again: the gateway that took the report may be lost.',
  interfaces: [NodeCommandRef],
  fields: (t) => ({
    dispatchId: t.exposeID('dispatchId', {
      description: 'The id of the dispatch. Every report about the dispatch carries it.',
    }),
    toolApproval: t.expose('toolApproval', {
      type: ToolApprovalRef,
      description:
        'The `toolApproval` of the session that the tool call comes from. With `AUTO` nobody was asked, so the agent should show that to the person at the machine.',
    }),
    workspaceId: t.exposeString('workspaceId', {
      nullable: true,
      description:
        'The shared workspace of the session: the tool must run in its folder. Null if the session shares no files.',
    }),
    tool: t.exposeString('tool', {
      description: 'The name of the tool: one of the `capabilities` of the node.',
    }),
    args: t.expose('args', { type: 'JSON', description: 'The arguments of the tool: a JSON object.' }),
    timeoutMs: t.exposeInt('timeoutMs', {
      description: 'How long the tool may run, in milliseconds. After that the agent must stop it.',
    }),
    maxOutputBytes: t.exposeFloat('maxOutputBytes', {
      description:
        'The most bytes of UTF-8 that the gateway takes of the output, and the most that it takes of the result.',
    }),
    traceparent: t.string({
      nullable: true,
      description:
        'The span of the tool call, as W3C Trace Context writes it: an agent that makes traces goes on with it. Null if the gateway makes none.',
      resolve: ({ traceparent }) => traceparent,
    }),
    tracestate: t.string({
      nullable: true,
      description: 'What belongs to `traceparent`, from other systems that take part in the trace.',
      resolve: ({ tracestate }) => tracestate,
    }),
  }),
});

builder.objectRef<Of<'CancelDispatch'>>('CancelDispatch').implement({
  description:
    'Stop a dispatch. The agent must call `finishDispatch` when nothing of the dispatch runs any more.',
  interfaces: [NodeCommandRef],
  fields: (t) => ({ dispatchId: t.exposeID('dispatchId', { description: 'The id of the dispatch.' }) }),
});

const InboxClosedReasonRef = enumFromTable(
  'InboxClosedReason',
  'Why the gateway closed an inbox.',
  inboxClosedReasons,
);

builder.objectRef<Of<'CheckDispatch'>>('CheckDispatch').implement({
  description:
    'Say whether the policy of the node would refuse a call. Nothing may run. A person is about to be asked to approve the call, and should not be asked in vain. The agent must answer with `reportDispatchCheck`, and check again if the call is dispatched. Sent only to agents with `checksCalls`.',
  interfaces: [NodeCommandRef],
  fields: (t) => ({
    dispatchId: t.exposeID('dispatchId', { description: 'The id that the answer must carry.' }),
    workspaceId: t.exposeString('workspaceId', {
      nullable: true,
      description:
        'The shared workspace of the session: the call would run in its folder. Null if the session shares no files.',
    }),
    tool: t.exposeString('tool', { description: 'The name of the tool.' }),
    args: t.expose('args', { type: 'JSON', description: 'The arguments of the tool: a JSON object.' }),
  }),
});

builder.objectRef<Of<'InboxClosed'>>('InboxClosed').implement({
  description:
    'The gateway closed the inbox, and no command follows. The agent should connect again only if the reason is SHUTTING_DOWN.',
  interfaces: [NodeCommandRef],
  fields: (t) => ({
    reason: t.expose('reason', { type: InboxClosedReasonRef, description: 'The reason, for programs.' }),
    message: t.exposeString('message', { description: 'The reason, as a sentence for people.' }),
  }),
});

const capability = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,63}$/, 'expected the name of a tool, like run_command');

const NodeInboxInput = builder.inputType('NodeInboxInput', {
  description: 'What an agent tells the gateway when it connects.',
  fields: (t) => ({
    capabilities: t.stringList({
      required: true,
      validate: z.array(capability).max(64, 'expected at most 64'),
      description:
        'The names of the tools that the agent can run, at most 64. Each has 1 to 64 lowercase letters, digits or underscores, and begins with a letter.',
    }),
    maxDispatches: t.int({
      required: true,
      validate: z.number().min(1, 'expected at least 1').max(64, 'expected at most 64'),
      description: 'How many dispatches the agent runs at once, 1 to 64.',
    }),
    checksCalls: t.boolean({
      description:
        'Whether the agent answers `CheckDispatch`. Default: false; then people are also asked to approve calls that the node will refuse.',
    }),
    syncsWorkspaces: t.boolean({
      description:
        'Whether the agent keeps the files of shared workspaces the same: see `nodeWorkspaces`. Default: false; then the status of its files is ERROR.',
    }),
    agentVersion: t.string({
      validate: storedText(100),
      description: 'The version of the agent, for the log of the gateway: at most 100 characters.',
    }),
    platform: t.string({
      validate: storedText(100),
      description: 'The operating system of the agent, for the log of the gateway: at most 100 characters.',
    }),
    instanceId: t.id({
      required: true,
      validate: opaqueId,
      description:
        'A random id of this process of the agent: 1 to 64 letters, digits, dashes or underscores. The gateway recognizes the process by it after a lost connection.',
    }),
    running: t.idList({
      required: true,
      validate: dispatchIds,
      description:
        'The ids of the dispatches that this process runs, or has finished and not yet reported: at most 1,000.',
    }),
  }),
});

builder.subscriptionField('nodeInbox', (t) =>
  t.field({
    type: NodeCommandRef,
    authScopes: { agent: true },
    description:
      'For the agent of a node, with its token: the commands of the gateway, from now on. If another inbox of the same node is open, that one closes with TAKEN_OVER. Errors: OVERLOADED when `MAX_NODE_CONNECTIONS` is reached; RATE_LIMITED when `MAX_NODE_CONNECTIONS_PER_USER` is reached.',
    args: {
      input: t.arg({ type: NodeInboxInput, required: true, description: 'The agent that connects.' }),
      after: t.arg.int({ description: 'The newest `seq` that the agent has seen. Default: 0.' }),
      epoch: t.arg.string({
        description:
          'The `epoch` in which the agent saw that `seq`. If the epoch has changed, `after` counts as 0.',
      }),
    },
    subscribe: (_root, { input, ...cursor }, context) =>
      context.registry.open(agentOf(context), { ...input, ...cursor }, context.signal),
    resolve: (command) => command,
  }),
);
