import type { Run } from '../../generated/prisma/client.ts';

/** The id of the run whose answer the prompt of a run has joined (`onBusy: STEER`); null while it waits, and for all other prompts. */
export function joinedRunId({ steersId, steeredSeq }: Pick<Run, 'steersId' | 'steeredSeq'>): number | null {
  return steeredSeq === null ? null : steersId;
}
