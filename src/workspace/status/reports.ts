import { cutText } from '../../base/cut-text.ts';
import type { NewChange } from '../../changes/change.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import type { SyncStatus } from '../../generated/prisma/enums.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import { type WorkspaceState, workspaceState } from '../../storage/statements/workspace-files.ts';
import { hasConflicts, sessionNodeById, storeReport } from '../../storage/statements/workspace-nodes.ts';
import type { AgentReport } from '../../sync/remote.ts';
import { workspaceNotFound } from '../model/limits.ts';
import type { ToldChanges } from './told-changes.ts';

interface ReportsOptions {
  statements: Statements;
  changes: ChangeLog;
  told: ToldChanges;
}

/** The longest error and how many skipped paths are stored, in characters. */
const maxErrorLength = 1_000;

/** Takes what the replicas of nodes report about themselves. */
export class Reports {
  readonly #options: ReportsOptions;

  constructor(options: ReportsOptions) {
    this.#options = options;
  }

  /** @throws GatewayError NOT_FOUND if the node is not attached to the session. */
  async take(sessionId: number, agentNodeId: number, nodeId: string, report: AgentReport) {
    const { statements, changes, told } = this.#options;
    const owners = await statements.transaction(async (tx) => {
      await tx.lockSession(sessionId);
      const state = await tx.get(workspaceState, [sessionId]);
      const before = state && (await tx.get(sessionNodeById, [sessionId, agentNodeId]));
      if (state === undefined || before === undefined) throw workspaceNotFound();
      const conflict = await tx.get(hasConflicts, [sessionId, nodeId]);
      const status = statusOf(report, state, conflict !== undefined);
      const hasAll = status === 'SYNCED' || status === 'CONFLICT';
      const { manifestHash, revision, filesDone, filesTotal, bytesDone, bytesTotal } = report;
      const [node] = await tx.all(storeReport, [
        ...[status, hasAll ? new Date() : before.lastSyncAt, errorOf(report)],
        ...[manifestHash, revision, filesDone, filesTotal, bytesDone, bytesTotal],
        ...[report.agent?.maxResultBytes ?? null, report.agent?.instanceId ?? null],
        // Without its process nobody knows whether it is out of date.
        ...[(report.agent && report.folderState) ?? null, sessionId, agentNodeId],
      ]);
      if (node === undefined) throw workspaceNotFound();
      const changed: NewChange = { kind: 'SessionNodeChanged', sessionId, ...node };
      return changes.write(tx, told.now([changed]));
    });
    changes.ring(owners);
  }
}

/** A node that has everything but what was kept of its own versions is in conflict until that is resolved. */
function statusOf(
  { status, revision }: AgentReport,
  workspace: WorkspaceState,
  hasConflict: boolean,
): SyncStatus {
  if (status !== 'SYNCED') return status;
  if (revision < workspace.revision) return 'SYNCING';
  return hasConflict ? 'CONFLICT' : 'SYNCED';
}

/** What is not synced is named even where everything else is. */
function errorOf({ status, error, skipped }: AgentReport): string | null {
  const [first] = skipped;
  const others = skipped.length > 1 ? `, and ${skipped.length - 1} more` : '';
  const left = first && `Left out: "${first.path}" (${first.reason})${others}.`;
  const text = [status === 'ERROR' ? error : null, left].filter((part) => part != null).join(' ');
  return text === '' ? null : cutText(text, maxErrorLength);
}
