import {
  type GraphQLFieldResolver,
  type GraphQLNamedType,
  type GraphQLResolveInfo,
  getNamedType,
  isInterfaceType,
  isObjectType,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { Context } from '../../context.ts';
import { beyondTicket } from '../../identity/stream-tickets.ts';

type Subscribe = GraphQLFieldResolver<unknown, Context>;

/** Refuses a subscription that came with a stream ticket and selects more than its run: the session, or other messages. */
export function keepToTicket(subscribe: Subscribe): Subscribe {
  return (root, args, context, info) => {
    if (context.ticket && leavesRun(info)) throw beyondTicket();
    return subscribe(root, args, context, info);
  };
}

/**
 * Whether a document leads from a run event to an object that has an id, other than the run and its messages. Such an
 * object may be reached only from the event itself, because from there the way leads on to all others.
 */
function leavesRun({ schema, operation, fragments }: GraphQLResolveInfo): boolean {
  const types = new TypeInfo(schema);
  let leaves = false;
  const Field = () => {
    const type = getNamedType(types.getType());
    if (!type || !is(type, 'Node')) return;
    const parent = types.getParentType();
    const isOfEvent = parent != null && is(parent, 'RunEvent');
    leaves ||= !isOfEvent || !['Run', 'Message'].includes(type.name);
  };
  for (const node of [operation, ...Object.values(fragments)]) {
    visit(node, visitWithTypeInfo(types, { Field }));
  }
  return leaves;
}

/** Whether a type is the interface of this name, or implements it. */
function is(type: GraphQLNamedType, name: string): boolean {
  if (type.name === name) return true;
  if (!isObjectType(type) && !isInterfaceType(type)) return false;
  return type.getInterfaces().some((each) => each.name === name);
}
