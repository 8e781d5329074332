import { groupBy } from '../../base/group-by.ts';
import { readSettings } from '../../chat/models/settings/stored-settings.ts';
import type { Context } from '../../context.ts';
import type { Session } from '../../generated/prisma/client.ts';
import type { SessionFieldsFragment } from '../../gql/graphql.ts';
import { attachedNodes } from '../../schema/paging/rows.ts';
import { syncStatusOf } from '../../schema/session-node.ts';
import { idList } from '../../storage/statements/dialect.ts';
import { workspacesOfSessions } from '../../storage/statements/nodes.ts';

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
  const nodesOf = groupBy(await attachedNodes(context, ids), ({ sessionId }) => sessionId);
  return sessions.map((session) => ({
    databaseId: session.id,
    userId: session.userId,
    title: session.title,
    featureName: session.featureName,
    providerName: session.providerName,
    modelName: session.modelName,
    toolApproval: session.toolApproval,
    settings: readSettings(session.settings),
    createdAt: session.createdAt.toISOString(),
    updatedAt: session.updatedAt.toISOString(),
    workspace: workspaceOf.get(session.id) ?? null,
    nodes: (nodesOf.get(session.id) ?? []).map((attached) => ({
      node: { nodeId: attached.node.nodeId },
      syncStatus: syncStatusOf(attached, {}, context),
    })),
  }));
}
