import { z } from 'zod';
import { decodeId } from '../base/global-id.ts';
import { nodeIdText } from '../nodes/node-id.ts';
import { nameText } from './input-checks.ts';
import type { BuilderTypes } from './schema-types.ts';

type ArgBuilder = PothosSchemaTypes.InputFieldBuilder<BuilderTypes, 'Arg'>;

/** An argument with the `id` of an object of this type. Resolvers get the number of its row. */
export function idArg(t: { arg: Pick<ArgBuilder, 'id'> }, type: { name: string }, description: string) {
  return t.arg.id({ required: true, description }).validate(idOf(type));
}

/** An argument with the `nodeId` of a node, which is the node's name. */
export function nodeIdArg(t: { arg: Pick<ArgBuilder, 'string'> }) {
  return t.arg.string({ required: true, validate: nodeIdText, description: 'The `nodeId` of the node.' });
}

/** An argument with the user who has the node that `nodeIdArg` names. */
export function nodeOwnerArg(t: { arg: Pick<ArgBuilder, 'string'> }) {
  return t.arg.string({
    validate: nameText,
    description:
      'The user who has the node. Default: the viewer; for an admin who has no node with this name, the only user who has one. Only an admin may name another user (FORBIDDEN).',
  });
}

/**
 * Turns the `id` of an object of this type into the number of its row, and refuses the `id` of another type. Pass it to
 * the method `validate`: Pothos applies the option `validate` of an argument twice.
 */
export function idOf({ name }: { name: string }) {
  return z.string().transform((id, context) => {
    const decoded = decodeId(id);
    if (decoded?.typename === name) return Number(decoded.id);
    context.addIssue(`expected the id of a ${name}`);
    return z.NEVER;
  });
}
