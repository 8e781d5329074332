import type { Logger } from 'pino';
import type { ToolCall } from '../../generated/prisma/client.ts';
import type { RefusedCall } from '../../tools/tool-runner.ts';
import type { Approvals, Question } from './approvals.ts';
import type { OpenCalls } from './open-calls.ts';
import type { StartedCall } from './start-calls.ts';

export interface UntilAnsweredOptions {
  approvals: Approvals;
  openCalls: OpenCalls;
  log: Logger;
  /** Aborts when the run is cancelled. */
  signal: AbortSignal;
}

/** The call as it was decided; why it cannot run any more; neither if the run was cancelled. */
export type Answered = { decided: ToolCall } | { lost?: RefusedCall };

/** Waits until a question needs no answer any more. Withdraws it when its call cannot run any more. */
export async function untilAnswered(
  { callId, plan }: StartedCall,
  question: Question,
  { approvals, openCalls, log, signal }: UntilAnsweredOptions,
): Promise<Answered> {
  using _ = openCalls.ask();
  const over = new AbortController();
  const waiting = AbortSignal.any([signal, over.signal]);
  const decided = approvals
    .decided(question, waiting)
    .then((call): Answered => (call ? { decided: call } : {}));
  if (!plan.ok || !plan.untilLost) return await decided;
  const untilLost = plan.untilLost(over.signal).then(
    (lost) => ({ lost }),
    (err: unknown) => {
      log.error({ err }, 'it cannot be known whether a tool call that waits for an approval can still run');
      return decided;
    },
  );
  try {
    const answered = await Promise.race([untilLost, decided]);
    if ('lost' in answered && answered.lost) {
      const { errorCode } = answered.lost;
      log.info({ callId, errorCode }, 'a tool call that waited for an approval cannot run any more');
    }
    return answered;
  } finally {
    over.abort();
  }
}
