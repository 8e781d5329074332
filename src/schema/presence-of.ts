import { createContextCache } from '@pothos/core';
import DataLoader from 'dataloader';
import type { Context } from '../context.ts';
import type { Presence } from '../nodes/presence/presence.ts';
import type { MaybePromise } from '../storage/statements/statement.ts';

/** Reads the states of nodes that other gateways may know together. It has no cache, because states change. */
const loaderOf = createContextCache(
  ({ registry }: Context) =>
    new DataLoader<number, Presence>((ids) => registry.presencesOf(ids), { cache: false }),
);

/** The state of a node, wherever it is connected. */
function presenceOf(agentNodeId: number, context: Context): MaybePromise<Presence> {
  return context.registry.presenceHere(agentNodeId) ?? loaderOf(context).load(agentNodeId);
}

/** A field of the state of a node. */
export function fromPresence<Value>(
  agentNodeId: number,
  context: Context,
  read: (presence: Presence) => Value,
): MaybePromise<Value> {
  const presence = presenceOf(agentNodeId, context);
  return presence instanceof Promise ? presence.then(read) : read(presence);
}
