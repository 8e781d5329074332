import type { NewChange } from '../../changes/change.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import type { ChangeOwner } from '../../storage/statements/changes.ts';
import { idList } from '../../storage/statements/dialect.ts';
import { checkpointAnswer } from '../../storage/statements/exchanges.ts';
import { checkpointRun } from '../../storage/statements/run-states.ts';
import type { Parameter, Statements } from '../../storage/statements/statement.ts';
import { insertToolCall } from '../../storage/statements/tool-calls.ts';
import { standingGrants } from '../../storage/statements/tool-grants.ts';
import { insertStep, type MadeStep } from '../history/save-step.ts';
import type { RunWriter } from '../log/run-writer.ts';
import { countParameters } from '../usage/usage.ts';

export interface StepWithCalls {
  made: MadeStep;
  /** The parameters of `insertToolCall` for each call. */
  rows: readonly Parameter[][];
  /** What followers are told of the calls that wait for an approval or a client. */
  asked: readonly NewChange[];
  /** The grants that let some of the calls run without asking. */
  grantIds: readonly number[];
}

/**
 * Saves a step and its tool calls before the tools run: what a later prompt must show the model of the step, and what
 * another gateway needs to go on with the run. The texts are saved in the same transaction, because a signature without
 * the whole text that it signs is refused.
 *
 * @returns The ids of the calls, and who is to be told of those that wait. Undefined, and nothing is stored, if one of the
 *   grants was revoked.
 * @throws RunLostError if another gateway has taken over the run.
 */
export async function saveCalls(
  { statements, changes }: { statements: Statements; changes: Pick<ChangeLog, 'write'> },
  { runId, assistantMessageId, content, reasoning, lastSeq, usage, hold }: RunWriter,
  { made, rows, asked, grantIds }: StepWithCalls,
): Promise<{ ids: number[]; told: ChangeOwner[] } | undefined> {
  if (assistantMessageId === null) return { ids: [], told: [] };
  return await statements.transaction(async (tx) => {
    if (grantIds.length > 0) {
      const standing = await tx.all(standingGrants, [idList(grantIds)]);
      if (standing.length < new Set(grantIds).size) return undefined;
    }
    // Before the other writes, because from here on no other gateway can take over the run until the transaction has ended.
    const { fence } = hold;
    const progress = [lastSeq, ...countParameters(usage), usage.measured, runId, fence];
    hold.check(await tx.run(checkpointRun, progress));
    await tx.run(checkpointAnswer, [content, reasoning || null, assistantMessageId, fence]);
    await insertStep(tx, { messageId: assistantMessageId, fence }, made);
    const ids: number[] = [];
    for (const row of rows) ids.push((await tx.get(insertToolCall, row))?.id ?? 0);
    return { ids, told: await changes.write(tx, asked) };
  });
}
