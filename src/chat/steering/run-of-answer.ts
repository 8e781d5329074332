import type { Run } from '../../generated/prisma/client.ts';
import { runById } from '../../storage/statements/run-states.ts';
import type { Reader } from '../../storage/statements/statement.ts';
import { joinedRunId } from '../log/joined-run.ts';

/** The run that answers the prompt of a run: another one if the prompt has joined the answer of that, otherwise the run itself. */
export async function runOfAnswer(statements: Reader, run: Run): Promise<Run> {
  const id = joinedRunId(run);
  return id === null ? run : ((await statements.get(runById, [id])) ?? run);
}
