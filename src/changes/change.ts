import type { ChangeOwner, ChangePosition, ChangeRow } from '../storage/statements/changes.ts';

/** What has happened. The `kind` is the name of the GraphQL type that clients get. Ids are those of the database. */
type ChangeBody =
  | { kind: 'SessionCreated' }
  | { kind: 'SessionUpdated' }
  | { kind: 'SessionDeleted' }
  | { kind: 'HistoryCleared' }
  | { kind: 'MessageAdded'; messageId: number }
  /** The session shows another branch. Its newest message; null if it has no messages any more. */
  | { kind: 'HeadMoved'; headId: number | null }
  | {
      kind: 'RunStarted';
      runId: number;
      userMessageId: number;
      assistantMessageId: number;
      /** The `seq` of the run event `RunStarted`. */
      seq: number;
    }
  | { kind: 'RunEnded'; runId: number }
  | ({
      kind: 'ApprovalRequested';
      /** When the call will be denied without a decision, in milliseconds since the epoch. */
      expiresAt: number;
    } & ChangedCall)
  | ({
      kind: 'ApprovalDecided';
      /** EXPIRED: no decision came in time. Null: the call needs none any more. */
      decision: 'APPROVED' | 'DENIED' | 'EXPIRED' | null;
    } & ChangedCall)
  | ({
      /** A call waits for a client that runs it, or for the answer of the user. */
      kind: 'ToolAnswerRequested';
      /** When the call will fail without an answer, in milliseconds since the epoch. */
      expiresAt: number;
    } & ChangedCall)
  | ({
      kind: 'ToolAnswerSettled';
      /** False: no client answered in time, or no answer is needed any more. */
      answered: boolean;
    } & ChangedCall)
  /** An attached node, for the followers of one session. */
  | ({ kind: 'SessionNodeChanged' } & ChangedNode)
  /** The same node, once for each user who has it, or a session with it. */
  | ({ kind: 'NodeChanged' } & ChangedNode)
  /** Files of the workspace have changed, or conflicts, or where the files come from. */
  | { kind: 'WorkspaceChanged' };

interface ChangedCall {
  runId: number;
  /** The answer that the call belongs to. */
  messageId: number;
  callId: string;
}

interface ChangedNode {
  agentNodeId: number;
  /** The name of the node. */
  nodeId: string;
}

export type ChangeKind = ChangeBody['kind'];

/** A change to be written. Without a `userId` it belongs to the user of the session. */
export type NewChange = ChangeBody &
  ({ sessionId: number; userId?: string } | { sessionId: null; userId: string });

/** A change that was written. */
export type Change = ChangeBody & ChangeOwner & { position: ChangePosition };

/** The kinds of changes that `viewerEvents` shows. */
export const viewerKinds = [
  'SessionCreated',
  'SessionUpdated',
  'SessionDeleted',
  'RunStarted',
  'RunEnded',
  'ApprovalRequested',
  'ApprovalDecided',
  'ToolAnswerRequested',
  'ToolAnswerSettled',
  'NodeChanged',
] as const satisfies readonly ChangeKind[];

export function changeOfRow({ kind, payload, sessionId, userId, transactionId, id, at }: ChangeRow): Change {
  const position = { transactionId, id, at };
  return { ...(payload as object), kind, sessionId, userId, position } as Change;
}
