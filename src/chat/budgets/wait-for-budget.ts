import type { Logger } from 'pino';
import type { ChangeLog } from '../../changes/change-log.ts';
import type { Run } from '../../generated/prisma/client.ts';
import { untilStored } from '../../storage/failure/until-stored.ts';
import { pauseRun } from '../../storage/statements/spending.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import type { RunWriter } from '../log/run-writer.ts';
import type { OpenCalls } from '../tool-calls/open-calls.ts';
import type { Budget, Budgets } from './budgets.ts';

export interface BudgetWaitOptions {
  budgets: Budgets;
  statements: Statements;
  changes: ChangeLog;
  openCalls: OpenCalls;
  log: Logger;
  /** Aborts when the run is cancelled or lost. */
  signal: AbortSignal;
}

/** How often a run that waits looks whether its budget was raised, in milliseconds. */
const lookMs = 2_000;

/** Who the run belongs to. */
export type PayingRun = Pick<Run, 'id' | 'sessionId' | 'pausedUntil'> & { userId: string };

/**
 * Waits before a request to a model while a budget of the user, or of all users, is used up: until it is raised or its next
 * period begins. The followers are told, the row of the run says so, and a gateway that stops leaves the run to the next one.
 * A run with enough budget asks the database for nothing more than the sums.
 *
 * @throws The reason of the signal when the run is cancelled.
 */
export async function waitForBudget(
  run: PayingRun,
  writer: RunWriter,
  options: BudgetWaitOptions,
): Promise<void> {
  const { budgets, openCalls, signal } = options;
  const look = () => budgets.usedUp(run.userId, { runId: run.id, usage: writer.usage });
  let usedUp = await untilStored(look, options);
  if (usedUp === undefined) {
    // The run waited when its gateway stopped.
    if (run.pausedUntil !== null) await goOn(run, writer, options);
    return;
  }
  // As one that waits for people: the run can be left, and another gateway goes on with it.
  openCalls.begin(1);
  try {
    using _ = openCalls.ask();
    await pause(run, usedUp, writer, options);
    for (let toldUntil = usedUp.resetsAt.getTime(); usedUp !== undefined; ) {
      if (usedUp.resetsAt.getTime() !== toldUntil) {
        toldUntil = usedUp.resetsAt.getTime();
        await pause(run, usedUp, writer, options);
      }
      await budgets.changed(lookMs, signal);
      signal.throwIfAborted();
      usedUp = await untilStored(look, options);
    }
    await goOn(run, writer, options);
  } finally {
    openCalls.end();
  }
}

async function pause(run: PayingRun, budget: Budget, writer: RunWriter, options: BudgetWaitOptions) {
  await store(run, budget.resetsAt, writer, options);
  options.log.info(
    { limit: budget.name, until: budget.resetsAt },
    'a run waits, because a budget is used up',
  );
  const { name: limit, resetsAt } = budget;
  await writer.write({ type: 'RunPaused', limit, reason: reasonOf(budget), until: resetsAt.getTime() });
}

async function goOn(run: PayingRun, writer: RunWriter, options: BudgetWaitOptions): Promise<void> {
  await store(run, null, writer, options);
  await writer.write({ type: 'RunContinued' });
}

/** Keeps in the row of the run that it waits, and tells those who watch the session. */
async function store(
  run: PayingRun,
  until: Date | null,
  { hold }: RunWriter,
  options: BudgetWaitOptions,
): Promise<void> {
  const { statements, changes } = options;
  const { id, sessionId, userId } = run;
  const told = await untilStored(
    () =>
      statements.transaction(async (tx) => {
        hold.check(await tx.run(pauseRun, [until, id, hold.fence]));
        return changes.write(tx, [{ kind: 'SessionUpdated', sessionId, userId }]);
      }),
    options,
  );
  changes.ring(told);
}

const owners: Record<Budget['name'], string> = {
  MAX_COST_PER_USER_PER_DAY: 'Your budget for a day',
  MAX_COST_PER_USER_PER_MONTH: 'Your budget for a month',
  MAX_COST_PER_DAY: 'The budget of this gateway for a day',
  MAX_COST_PER_MONTH: 'The budget of this gateway for a month',
};

function reasonOf({ name, limit, spent, resetsAt }: Budget): string {
  const used = `${spent.amount} of ${limit.amount} ${limit.currency} are spent`;
  const start = resetsAt.toISOString().slice(0, 16).replace('T', ' ');
  return `${owners[name]} is used up: ${used}. The answer goes on at ${start} UTC, or when an admin raises the budget.`;
}
