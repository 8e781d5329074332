import type { CancelCause } from '../../generated/prisma/enums.ts';

/** The reason with which the signal of a run aborts: who or what has cancelled the run. */
export class Cancellation extends DOMException {
  readonly by: CancelCause;

  constructor(by: CancelCause) {
    super('The run was cancelled.', 'AbortError');
    this.by = by;
  }
}

/** @param signal The signal of a run, which has aborted. */
export function causeOf({ reason }: AbortSignal): CancelCause {
  return reason instanceof Cancellation ? reason.by : 'USER';
}
