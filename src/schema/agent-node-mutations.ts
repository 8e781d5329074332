import type { Context } from '../context.ts';
import type { NodeName } from '../nodes/find-node.ts';
import { nodeIdText } from '../nodes/node-id.ts';
import type { NodeToken } from '../nodes/nodes.ts';
import { askerOf } from './access/access.ts';
import { AgentNodeRef } from './agent-node.ts';
import { builder } from './builder.ts';
import { nodeIdArg, nodeOwnerArg } from './id-argument.ts';
import { nameText, storedText } from './input-checks.ts';

const displayName = storedText(200).refine((text) => text.trim() !== '', 'expected some text');
const description = storedText(2_000);

const RegisterNodeInput = builder.inputType('RegisterNodeInput', {
  description: 'A node to register.',
  fields: (t) => ({
    nodeId: t.string({
      required: true,
      validate: nodeIdText,
      description:
        'The name of the node, unique among the nodes of its user: one line of 1 to 255 characters, such as `laptop` or `alice@office:22`, without the path segments `.` and `..`. The model sees this name.',
    }),
    displayName: t.string({
      validate: displayName,
      description: 'The name to show to people, 1 to 200 characters. Default: the `nodeId`.',
    }),
    description: t.string({
      validate: description,
      description: 'What the node is for; the model is told. At most 2,000 characters.',
    }),
    userId: t.string({
      validate: nameText,
      description:
        'The user that the node will belong to, who may attach it. Default: the viewer. Only an admin may name another user (FORBIDDEN).',
    }),
  }),
});

const UpdateNodeInput = builder.inputType('UpdateNodeInput', {
  description: 'The values of a node to change. A value that is left out stays as it is.',
  fields: (t) => ({
    displayName: t.string({
      validate: displayName,
      description: 'The name to show to people, 1 to 200 characters. Null: the `nodeId`.',
    }),
    description: t.string({
      validate: description,
      description:
        'What the node is for; the model is told. At most 2,000 characters. Null removes the description.',
    }),
    isActive: t.boolean({
      description:
        'False disconnects the agent, and nothing runs on the node until this is true again. Null changes nothing.',
    }),
  }),
});

const NodeTokenRef = builder.objectRef<NodeToken>('NodeToken').implement({
  description: 'A node and its new token.',
  fields: (t) => ({
    node: t.field({ type: AgentNodeRef, description: 'The node.', resolve: ({ node }) => node }),
    token: t.exposeString('token', {
      description:
        'The token with which the agent connects. It is shown only once: the gateway stores only a hash of it.',
    }),
  }),
});

const DeletedNodeRef = builder.objectRef<{ id: number; nodeId: string }>('DeletedNode').implement({
  description: 'The ids of a node that was deleted.',
  fields: (t) => ({
    deletedAgentNodeId: t.globalID({
      description: 'The `id` that the node had.',
      resolve: ({ id }) => ({ type: 'AgentNode', id }),
    }),
    nodeId: t.exposeString('nodeId', { description: 'The `nodeId` that the node had.' }),
  }),
});

function nodeNamed(name: NodeName, context: Context) {
  return context.nodes.find(name, askerOf(context));
}

builder.mutationFields((t) => {
  return {
    registerNode: t.field({
      type: NodeTokenRef,
      nullable: true,
      authScopes: (_root, { input }) => ({ actFor: input.userId }),
      description:
        'Registers a node and returns the token for `switchyard agent`. A node that is attached to sessions already stays attached. Errors: CONFLICT if the user has registered a node with this name already; QUOTA_EXCEEDED if the user has too many nodes.',
      args: {
        input: t.arg({ type: RegisterNodeInput, required: true, description: 'The node to register.' }),
      },
      resolve: (_root, { input }, context) => context.nodes.register(input, askerOf(context), context.actor),
    }),
    rotateNodeToken: t.field({
      type: NodeTokenRef,
      nullable: true,
      authScopes: (_root, { userId }) => ({ actFor: userId }),
      description:
        'Gives a node a new token. The old token becomes invalid at once, and an agent that uses it is disconnected. Errors: NOT_FOUND; BAD_USER_INPUT if an admin names no user and several users have such a node.',
      args: { nodeId: nodeIdArg(t), userId: nodeOwnerArg(t) },
      resolve: async (_root, name, context) =>
        context.nodes.rotateToken(await nodeNamed(name, context), context.actor),
    }),
    updateNode: t.field({
      type: AgentNodeRef,
      nullable: true,
      authScopes: (_root, { userId }) => ({ actFor: userId }),
      description:
        'Changes a node. Errors: NOT_FOUND; BAD_USER_INPUT if an admin names no user and several users have such a node.',
      args: {
        nodeId: nodeIdArg(t),
        input: t.arg({ type: UpdateNodeInput, required: true, description: 'The values to change.' }),
        userId: nodeOwnerArg(t),
      },
      resolve: async (_root, { input, ...name }, context) =>
        context.nodes.update(await nodeNamed(name, context), input),
    }),
    deleteNode: t.field({
      type: DeletedNodeRef,
      nullable: true,
      authScopes: (_root, { userId }) => ({ actFor: userId }),
      description:
        'Deletes a node and disconnects its agent. Sessions to which it was attached continue without it. Errors: NOT_FOUND; BAD_USER_INPUT if an admin names no user and several users have such a node.',
      args: { nodeId: nodeIdArg(t), userId: nodeOwnerArg(t) },
      resolve: async (_root, name, context) => {
        const node = await nodeNamed(name, context);
        await context.nodes.delete(node, context.actor);
        return node;
      },
    }),
  };
});
