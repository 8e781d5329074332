import type { NewChange } from '../changes/change.ts';
import type { ChangeLog } from '../changes/change-log.ts';
import type { AgentNode } from '../generated/prisma/client.ts';
import type { Database } from '../storage/database.ts';
import type { ChangeOwner } from '../storage/statements/changes.ts';
import { ownersOfNode } from '../storage/statements/nodes.ts';
import type { Statements } from '../storage/statements/statement.ts';

type Named = Pick<AgentNode, 'id' | 'nodeId'>;
type Transaction = Pick<Database, 'sessionNode' | '$queryRawUnsafe'>;

export interface NodeChangesOptions {
  statements: Statements;
  changes: ChangeLog;
}

/** Writes that nodes have changed, for the followers of the sessions that have them, and of the users of both. */
export class NodeChanges {
  readonly #options: NodeChangesOptions;

  constructor(options: NodeChangesOptions) {
    this.#options = options;
  }

  /** Writes and tells a change that no other row shows, such as the connection of a node. */
  async announce(node: Named): Promise<void> {
    const { statements, changes } = this.#options;
    const told = await statements.transaction(async (tx) => {
      const owners = await tx.all(ownersOfNode, [node.id, node.id]);
      return changes.write(tx, changesOf(node, owners));
    });
    changes.ring(told);
  }

  /** Who may see a node: its user, and the sessions that have it. */
  async ownersOf(tx: Transaction, { id, userId }: Named & { userId: string }): Promise<ChangeOwner[]> {
    const attached = await tx.sessionNode.findMany({
      where: { agentNodeId: id },
      select: { sessionId: true, session: { select: { userId: true } } },
    });
    const sessions = attached.map(({ sessionId, session }) => ({ sessionId, userId: session.userId }));
    return [...sessions, { sessionId: null, userId }];
  }

  /**
   * Writes a change within the transaction that makes it.
   *
   * @param owners Who may see it.
   * @returns Who is to be told when the transaction is committed: pass it to `ring` then.
   */
  write(tx: Transaction, node: Named, owners: readonly ChangeOwner[]): Promise<ChangeOwner[]> {
    return this.#options.changes.writeWithin(tx, changesOf(node, owners));
  }

  /** Writes, within the transaction that does it, that the files of a session come from somewhere else. */
  writeWorkspace(tx: Transaction, sessionId: number): Promise<ChangeOwner[]> {
    return this.#options.changes.writeWithin(tx, [{ kind: 'WorkspaceChanged', sessionId }]);
  }

  /** Writes, within the transaction that does it, that the settings of sessions have changed. */
  writeSessions(tx: Transaction, sessionIds: readonly number[]): Promise<ChangeOwner[]> {
    const made = sessionIds.map((sessionId): NewChange => ({ kind: 'SessionUpdated', sessionId }));
    return this.#options.changes.writeWithin(tx, made);
  }

  ring(told: readonly ChangeOwner[]): void {
    this.#options.changes.ring(told);
  }
}

/** One change for each session, and one for each user. */
function changesOf({ id: agentNodeId, nodeId }: Named, owners: readonly ChangeOwner[]): NewChange[] {
  const node = { agentNodeId, nodeId };
  const ofSessions = owners.flatMap(({ sessionId, userId }): NewChange[] =>
    sessionId === null ? [] : [{ kind: 'SessionNodeChanged', sessionId, userId, ...node }],
  );
  const users = new Set(owners.map(({ userId }) => userId));
  return [
    ...ofSessions,
    ...[...users].map((userId): NewChange => ({ kind: 'NodeChanged', sessionId: null, userId, ...node })),
  ];
}
