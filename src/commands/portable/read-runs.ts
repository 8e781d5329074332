import { maxId } from '../../base/global-id.ts';
import { runFailureCodes } from '../../chat/log/run-event.ts';
import { exportedRuns } from '../../storage/statements/exported-sessions.ts';
import type { Reader } from '../../storage/statements/statement.ts';
import { writeRecord } from './write-record.ts';

/** Runs that are read at once. */
const runsAtOnce = 500;

/**
 * Reads the runs of a session as lines. One that has not ended is written as one that was interrupted.
 *
 * @param messages The messages that were read. Runs without any of them are left out.
 * @returns How many runs there are.
 */
export async function* readRuns(
  reader: Reader,
  sessionId: number,
  messages: ReadonlySet<number>,
): AsyncGenerator<string, number> {
  const kept = (id: number | null) => (id !== null && messages.has(id) ? id : null);
  const read = new Set<number>();
  for (let after = 0; ; ) {
    const rows = await reader.all(exportedRuns, [sessionId, after, sessionId, maxId, runsAtOnce]);
    for (const row of rows) {
      const { userMessageId, assistantMessageId, steersId, steeredSeq, status, settingsText, ...rest } = row;
      const [prompt, answer] = [kept(userMessageId), kept(assistantMessageId)];
      if (prompt === null && answer === null) continue;
      const hasJoined = steeredSeq !== null && steersId !== null && read.has(steersId);
      const joined = { joinedRun: hasJoined ? steersId : null, joinedSeq: hasJoined ? steeredSeq : null };
      const ended =
        status === 'QUEUED' || status === 'RUNNING'
          ? { ...interrupted, finishedAt: rest.startedAt ?? rest.createdAt }
          : { status, finishedAt: rest.finishedAt ?? rest.createdAt };
      read.add(rest.id);
      yield writeRecord(
        { type: 'run', prompt, answer, ...joined, ...rest, ...ended },
        { settings: settingsText },
      );
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < runsAtOnce) return read.size;
    after = last.id;
  }
}

const interrupted = {
  status: 'FAILED' as const,
  errorCode: 'INTERRUPTED',
  errorMessage: runFailureCodes.INTERRUPTED,
  usageMeasured: false,
};
