import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Run } from '../../generated/prisma/client.ts';
import type { Quotas } from '../../limits/quotas.ts';
import type { Database } from '../../storage/database.ts';
import { type RunEnd, terminalBody } from '../log/run-event.ts';
import type { RunWriter } from '../log/run-writer.ts';
import type { SessionLog } from '../log/session-log.ts';
import { type EndedRun, saveRunEnd } from './save-run-end.ts';

/** Milliseconds between two tries to save an ended run. A full disk, for instance, may be cleaned up. */
const retryMs = 1_000;
/** After this many failed tries the followers are told that the run failed. The tries to save continue. */
const triesBeforeTelling = 5;

export interface EndRunOptions {
  database: Database;
  sessionLog: SessionLog;
  quotas: Pick<Quotas, 'add'>;
  log: Logger;
  /** How long the log of an ended run stays readable, in milliseconds. */
  runLogTtlMs: number;
  /** Aborts when the gateway closes. A run that is not saved by then is ended by `endOrphanedRuns` at the next start. */
  closing: AbortSignal;
}

/** Saves how a live run ended, then tells its followers. Tries again until it is saved or the gateway closes. */
export async function endRun(
  run: Run,
  writer: RunWriter,
  end: RunEnd,
  options: EndRunOptions,
): Promise<void> {
  const { log, closing } = options;
  const { content, reasoning, usage, contextTokens } = writer;
  const lastSeq = writer.lastSeq + 1;
  let ended: EndedRun = { run, end, content, reasoning, usage, contextTokens, lastSeq };
  for (let tries = 1; ; tries += 1) {
    try {
      const stored = await saveRunEnd(options.database, ended);
      if (stored) options.quotas.add(stored.userId, stored.bytes);
      break;
    } catch (error) {
      log.error({ err: error, tries }, 'an ended run could not be saved');
      const isLast = closing.aborted;
      if (tries === triesBeforeTelling || (isLast && tries < triesBeforeTelling)) {
        ended = { ...ended, end: notSaved };
        await announceEnd(writer, ended, options);
      }
      if (isLast) return;
      await delay(retryMs, undefined, { signal: closing }).catch(() => undefined);
    }
  }
  if (writer.lastSeq < lastSeq) await announceEnd(writer, ended, options);
}

const notSaved: RunEnd = { status: 'FAILED', code: 'INTERNAL', reason: 'The answer could not be saved.' };

/** Writes the terminal run event, and tells the session's followers. */
export async function announceEnd(
  writer: RunWriter,
  { run, end, usage }: EndedRun,
  options: Pick<EndRunOptions, 'sessionLog' | 'runLogTtlMs'>,
): Promise<void> {
  await writer.end(terminalBody(end, run.assistantMessageId, usage), options.runLogTtlMs);
  await options.sessionLog.append(run.sessionId, { type: 'RunEnded', runId: run.id });
}
