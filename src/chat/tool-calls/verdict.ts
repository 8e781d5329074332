import type { ToolCall } from '../../generated/prisma/client.ts';
import type { Parameter } from '../../storage/statements/statement.ts';
import { toolErrorCodes } from '../../tools/tool-runner.ts';
import type { Decision } from '../log/run-event.ts';
import type { Grant } from './grants/permissions.ts';

export interface Verdict {
  decision: Decision;
  /** The reason that the client gave; may be empty. */
  reason: string;
  /** The `userId` of the user who decided, or who gave the grant that decided; null if nobody did. */
  decidedBy: string | null;
  /** Whether a grant decided, so that nobody was asked. */
  byGrant: boolean;
  /** The arguments with which the call runs in place of those of the model; null: those of the model. */
  changedArgs: unknown;
}

/** The verdict about a call about which nobody decided in time. */
export const expired: Verdict = {
  decision: 'EXPIRED',
  reason: '',
  decidedBy: null,
  byGrant: false,
  changedArgs: null,
};

/** The verdict about a call that an earlier approval lets run. */
export function verdictOfGrant({ grantedBy: decidedBy }: Pick<Grant, 'grantedBy'>): Verdict {
  return { decision: 'APPROVED', reason: '', decidedBy, byGrant: true, changedArgs: null };
}

/** The parameters of the statement `decideToolCall`, without the id. */
export function decisionColumns({ decision, reason, decidedBy, byGrant }: Verdict): Parameter[] {
  const made = [decision, reason, decidedBy, byGrant, new Date()];
  if (decision === 'APPROVED') return ['RUNNING', ...made, null, null, null];
  if (decision === 'EXPIRED') {
    return ['DENIED', ...made, toolErrorCodes.APPROVAL_TIMEOUT, 'APPROVAL_TIMEOUT', 0];
  }
  const result = reason === '' ? 'The user denied this call.' : `The user denied this call: ${reason}`;
  return ['DENIED', ...made, result, 'DENIED', 0];
}

/** The stored verdict about a call. Undefined if there is none. */
export function verdictOf(call: ToolCall): Verdict | undefined {
  const { decision, decisionReason, decidedBy, byGrant, changedArgs } = call;
  if (decision === null) return undefined;
  return { decision, reason: decisionReason ?? '', decidedBy, byGrant, changedArgs };
}
