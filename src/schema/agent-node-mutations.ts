import { anonymous } from '../identity/viewer.ts';
import type { NodeToken } from '../nodes/nodes.ts';
import { userOf } from './access/access.ts';
import { AgentNodeRef } from './agent-node.ts';
import { builder } from './builder.ts';
import { nodeIdText } from './node-input.ts';
import { nameText, storedText } from './stored-text.ts';

const displayName = storedText(200).refine((text) => text.trim() !== '', 'expected some text');
const description = storedText(2_000);

const RegisterNodeInput = builder.inputType('RegisterNodeInput', {
  description: 'A new node.',
  fields: (t) => ({
    nodeId: t.string({
      required: true,
      validate: nodeIdText,
      description: 'Its name, by which it is attached and which the model sees: `laptop`.',
    }),
    displayName: t.string({
      validate: displayName,
      description: 'Its name for people. Default: its `nodeId`.',
    }),
    description: t.string({ validate: description, description: 'What it is for; the model is told.' }),
    userId: t.string({
      validate: nameText,
      description: 'Whom it belongs to, and who may attach it. Default: whoever is asking.',
    }),
  }),
});

const UpdateNodeInput = builder.inputType('UpdateNodeInput', {
  description: 'What to change in a node. What is left out stays as it is; null takes it away.',
  fields: (t) => ({
    displayName: t.string({ validate: displayName, description: 'Its name for people.' }),
    description: t.string({ validate: description, description: 'What it is for; the model is told.' }),
    isActive: t.boolean({
      description: 'False switches it off: its agent is disconnected, and nothing runs on it.',
    }),
  }),
});

const NodeTokenRef = builder.objectRef<NodeToken>('NodeToken').implement({
  description: 'A node and its new token.',
  fields: (t) => ({
    node: t.field({ type: AgentNodeRef, description: 'The node.', resolve: ({ node }) => node }),
    token: t.exposeString('token', {
      description: 'What its agent connects with. It is shown only now: the gateway keeps a hash of it.',
    }),
  }),
});

const DeletedNodeRef = builder.objectRef<{ nodeId: string }>('DeletedNode').implement({
  description: 'A node that was deleted.',
  fields: (t) => ({ nodeId: t.exposeString('nodeId', { description: 'The name that it had.' }) }),
});

builder.mutationFields((t) => {
  const nodeId = () =>
    t.arg.string({ required: true, validate: nodeIdText, description: 'The `nodeId` of the node.' });
  return {
    registerNode: t.field({
      type: NodeTokenRef,
      authScopes: (_root, { input }) => ({ actFor: input.userId }),
      description: 'Registers a node and gives it a token, for `switchyard agent`.',
      args: { input: t.arg({ type: RegisterNodeInput, required: true, description: 'The new node.' }) },
      resolve: (_root, { input }, context) => {
        const viewer = userOf(context);
        const registrant = { isAdmin: viewer.isAdmin, isAnonymous: viewer === anonymous };
        return context.nodes.register(input, { ...registrant, userId: input.userId ?? viewer.userId });
      },
    }),
    rotateNodeToken: t.field({
      type: NodeTokenRef,
      authScopes: (_root, args) => ({ node: args.nodeId }),
      description: 'Gives a node a new token. The old one is worth nothing from now on.',
      args: { nodeId: nodeId() },
      resolve: (_root, args, { nodes }) => nodes.rotateToken(args.nodeId),
    }),
    updateNode: t.field({
      type: AgentNodeRef,
      authScopes: (_root, args) => ({ node: args.nodeId }),
      description: 'Changes a node.',
      args: {
        nodeId: nodeId(),
        input: t.arg({ type: UpdateNodeInput, required: true, description: 'What to change.' }),
      },
      resolve: (_root, args, { nodes }) => nodes.update(args.nodeId, args.input),
    }),
    deleteNode: t.field({
      type: DeletedNodeRef,
      authScopes: (_root, args) => ({ node: args.nodeId }),
      description: 'Deletes a node. Sessions that it was attached to go on without it.',
      args: { nodeId: nodeId() },
      resolve: async (_root, args, { nodes }) => {
        await nodes.delete(args.nodeId);
        return { nodeId: args.nodeId };
      },
    }),
  };
});
