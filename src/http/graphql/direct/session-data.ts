import { groupBy } from '../../../base/group-by.ts';
import { readSettings } from '../../../chat/models/settings/stored-settings.ts';
import type { Context } from '../../../context.ts';
import type { Session } from '../../../generated/prisma/client.ts';
import type { SyncStatus } from '../../../generated/prisma/enums.ts';
import type { SessionFieldsFragment } from '../../../gql/graphql.ts';
import { attachedNodes } from '../../../schema/paging/rows.ts';
import { syncStatusOf } from '../../../schema/session-node.ts';
import { idList } from '../../../storage/statements/dialect.ts';
import { workspacesOfSessions } from '../../../storage/statements/nodes.ts';

/** The fields of these sessions that REST selects, in the same order. Two statements read what belongs to all of them. */
export async function sessionData(
  context: Context,
  sessions: readonly Session[],
): Promise<SessionFieldsFragment[]> {
  const ids = sessions.map(({ id }) => id);
  const workspaces = await context.statements.all(workspacesOfSessions, [idList(ids)]);
  const workspaceOf = new Map(
    workspaces.map(({ sessionId, workspaceId }) => [sessionId, { id: workspaceId }]),
  );
  const attached = await attachedNodes(context, ids);
  const statuses = await Promise.all(attached.map((each) => syncStatusOf(each, {}, context)));
  const nodes = attached.map(({ sessionId, node: { nodeId } }, index) => ({
    sessionId,
    fields: { node: { nodeId }, syncStatus: statuses[index] as SyncStatus },
  }));
  const nodesOf = groupBy(nodes, ({ sessionId }) => sessionId);
  return sessions.map((session) => ({
    databaseId: session.id,
    userId: session.userId,
    title: session.title,
    featureName: session.featureName,
    providerName: session.providerName,
    modelName: session.modelName,
    toolApproval: session.toolApproval,
    askUser: session.askUser,
    settings: readSettings(session.settings),
    archivedAt: session.archivedAt?.toISOString() ?? null,
    pinnedAt: session.pinnedAt?.toISOString() ?? null,
    tags: session.tags as string[],
    metadata: session.metadata,
    createdAt: session.createdAt.toISOString(),
    updatedAt: session.updatedAt.toISOString(),
    workspace: workspaceOf.get(session.id) ?? null,
    nodes: (nodesOf.get(session.id) ?? []).map(({ fields }) => fields),
  }));
}
