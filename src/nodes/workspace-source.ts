import { randomUUID } from 'node:crypto';
import { GatewayError } from '../errors.ts';
import type { AgentNode, WorkspaceSource } from '../generated/prisma/client.ts';
import type { Database } from '../storage/database.ts';
import { hashOf } from '../sync/entry.ts';
import { refuseOldAgents } from './syncing-agents.ts';

/** Where the files of a session come from. */
export interface WorkspaceSettings {
  source: WorkspaceSource;
  path?: string | null | undefined;
  /** The `nodeId` of the node that has the files. Only for NODE_LOCAL. */
  sourceNodeId?: string | null | undefined;
}

type Transaction = Pick<Database, 'sessionNode' | 'workspace'>;

/** Of a workspace without files: see `Tree.hash`. */
const emptyManifest = hashOf('');

/** How far a node is that begins to share files. */
const pending = { syncStatus: 'PENDING', lastSyncAt: null, error: null, manifestHash: null } as const;

/** @throws GatewayError BAD_USER_INPUT. */
export function checkWorkspace(
  { source, path, sourceNodeId }: WorkspaceSettings,
  nodeIds: readonly string[],
): void {
  const refuse = (field: string, expected: string) => {
    throw new GatewayError('BAD_USER_INPUT', `workspace.${field}: ${expected}`, {
      field: `workspace.${field}`,
    });
  };
  if (source === 'EMPTY' && path) refuse('path', 'an empty workspace must not have a path.');
  if (source === 'SERVER' && !path) refuse('path', 'expected a folder of the gateway.');
  if (source === 'NODE_LOCAL' && !sourceNodeId)
    refuse('sourceNodeId', 'expected the node that has the files.');
  if (source !== 'NODE_LOCAL' && sourceNodeId)
    refuse('sourceNodeId', 'allowed only with the source NODE_LOCAL.');
  if (sourceNodeId && !nodeIds.includes(sourceNodeId)) {
    refuse('sourceNodeId', 'expected a node that is attached to the session.');
  }
}

/**
 * Stores where the files come from, and attaches nodes to them. Without settings the session keeps its workspace; one that
 * has no workspace yet gets one in which nothing is shared, so that its nodes have everything at once.
 */
export async function attachToWorkspace(
  tx: Transaction,
  sessionId: number,
  added: readonly AgentNode[],
  settings: WorkspaceSettings | undefined,
): Promise<void> {
  const { source, path = null, sourceNodeId = null } = settings ?? { source: 'EMPTY' };
  const wanted = { source, path, sourceNodeId };
  const before = await tx.workspace.findUnique({ where: { sessionId } });
  const isShared = settings !== undefined || before?.isShared === true;
  const isSame = before?.isShared && isSameSource(before, wanted);
  if (before === null) {
    await tx.workspace.create({ data: { sessionId, workspaceId: randomUUID(), ...wanted, isShared } });
  } else if (settings && !isSame) {
    await tx.workspace.update({ where: { sessionId }, data: { ...wanted, isShared } });
    await tx.sessionNode.updateMany({ where: { sessionId }, data: pending });
  }
  const has = { syncStatus: 'SYNCED', manifestHash: emptyManifest } as const;
  const state = isShared ? pending : has;
  await tx.sessionNode.createMany({
    data: added.map(({ id }) => ({ sessionId, agentNodeId: id, ...state })),
  });
  if (isShared) await refuseOldAgents(tx, sessionId);
}

function isSameSource(a: WorkspaceSettings, b: WorkspaceSettings): boolean {
  return a.source === b.source && a.path === b.path && a.sourceNodeId === b.sourceNodeId;
}

/**
 * When the lead of workspaces is detached or deleted, the files come from the copy that the gateway has. Returns whether
 * it was the lead of any.
 */
export async function handOver(
  tx: Pick<Database, 'workspace'>,
  nodeId: string,
  sessionIds: readonly number[],
): Promise<boolean> {
  const { count } = await tx.workspace.updateMany({
    where: { sessionId: { in: [...sessionIds] }, sourceNodeId: nodeId },
    data: { source: 'SERVER', path: null, sourceNodeId: null },
  });
  return count > 0;
}
