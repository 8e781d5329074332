import type { ToolCall } from '../../generated/prisma/client.ts';
import type { Parameter } from '../../storage/statements/statement.ts';
import { toolErrorCodes } from '../../tools/tool-runner.ts';
import type { Decision } from '../log/run-event.ts';

export interface Verdict {
  decision: Decision;
  /** The reason that the client gave; may be empty. */
  reason: string;
  /** The `userId` of the user who decided; null if nobody did. */
  decidedBy: string | null;
}

/** The verdict about a call about which nobody decided in time. */
export const expired: Verdict = { decision: 'EXPIRED', reason: '', decidedBy: null };

/** The parameters of the statement `decideToolCall`, without the id. */
export function decisionColumns({ decision, reason, decidedBy }: Verdict): Parameter[] {
  const made = [decision, reason, decidedBy, new Date()];
  if (decision === 'APPROVED') return ['RUNNING', ...made, null, null, null];
  if (decision === 'EXPIRED') {
    return ['DENIED', ...made, toolErrorCodes.APPROVAL_TIMEOUT, 'APPROVAL_TIMEOUT', 0];
  }
  const result = reason === '' ? 'The user denied this call.' : `The user denied this call: ${reason}`;
  return ['DENIED', ...made, result, 'DENIED', 0];
}

/** The stored verdict about a call. Undefined if there is none. */
export function verdictOf({ decision, decisionReason, decidedBy }: ToolCall): Verdict | undefined {
  return decision === null ? undefined : { decision, reason: decisionReason ?? '', decidedBy };
}
