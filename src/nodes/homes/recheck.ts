import type { Logger } from 'pino';
import { repeat } from '../../base/repeat.ts';
import type { Database } from '../../storage/database.ts';
import type { LiveNode } from '../presence/live-node.ts';
import type { HostedDispatches } from './hosted-dispatches.ts';

export interface RecheckOptions {
  database: Database;
  dispatches: HostedDispatches;
  local: { cancelSession(agentNodeId: number, sessionId: number): void };
  /** The nodes that this gateway knows. */
  nodes(): LiveNode[];
  log: Logger;
}

/** Milliseconds between two checks. */
const everyMs = 2_000;

/**
 * Looks from time to time for what other gateways have said and this one has not heard: that a node was detached from a
 * session, and that the run of a dispatch has ended.
 */
export function startRecheck(options: RecheckOptions): AsyncDisposable {
  return repeat(everyMs, () =>
    check(options).catch((err: unknown) =>
      options.log.warn({ err }, 'the check of what runs on nodes failed'),
    ),
  );
}

async function check(options: RecheckOptions): Promise<void> {
  await cancelDetached(options);
  await options.dispatches.cancelAbandoned();
}

async function cancelDetached({ database, local, nodes }: RecheckOptions): Promise<void> {
  const used = nodes().flatMap(({ id: agentNodeId, sessionIds }) =>
    sessionIds.map((sessionId) => ({ agentNodeId, sessionId })),
  );
  if (used.length === 0) return;
  const attached = await database.sessionNode.findMany({
    where: { OR: used },
    select: { agentNodeId: true, sessionId: true },
  });
  const known = new Set(attached.map(({ agentNodeId, sessionId }) => `${agentNodeId}:${sessionId}`));
  for (const { agentNodeId, sessionId } of used) {
    if (!known.has(`${agentNodeId}:${sessionId}`)) local.cancelSession(agentNodeId, sessionId);
  }
}
