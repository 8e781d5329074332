import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { ChangeLog } from '../../changes/change-log.ts';
import type { Run } from '../../generated/prisma/client.ts';
import type { Quotas } from '../../limits/quotas.ts';
import type { ChangeOwner } from '../../storage/statements/changes.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import type { MadeStep } from '../history/save-step.ts';
import { type RunEnd, terminalBody } from '../log/run-event.ts';
import { RunLostError } from '../log/run-hold.ts';
import type { RunWriter } from '../log/run-writer.ts';
import { type EndedRun, messageStatusOf, saveRunEnd } from './save-run-end.ts';

/** Milliseconds between two tries to save an ended run. A full disk, for instance, may be cleaned up. */
const retryMs = 1_000;
/** After this many failed tries the followers are told how the run will be saved. The tries to save continue. */
const triesBeforeTelling = 5;

export interface EndRunOptions {
  statements: Statements;
  changes: ChangeLog;
  quotas: Pick<Quotas, 'add'>;
  log: Logger;
  /** How long the log of an ended run stays readable, in milliseconds. */
  runLogTtlMs: number;
  /** Aborts when the gateway closes. A run that is not saved by then is ended by `endOrphanedRuns` at the next start. */
  closing: AbortSignal;
  /** Called with the database's error when the followers were told of an end that is not saved yet. */
  onUnsaved: (cause: unknown) => void;
}

/**
 * Saves how a live run ended, then tells its followers. Tries again until it is saved or the gateway closes. While it
 * cannot be saved, the followers are told what will be saved: a cancelled run at once, another run after some tries. Not so
 * where another gateway may take the run over and end it in its own way: a log has one terminal run event.
 *
 * @throws RunLostError if another gateway has taken over the run.
 */
export async function endRun(
  run: Run,
  writer: RunWriter,
  end: RunEnd & { lastStep?: MadeStep | undefined },
  options: EndRunOptions,
): Promise<void> {
  const { log, closing, onUnsaved } = options;
  const { content, reasoning, usage, contextTokens } = writer;
  const hasCalls = writer.callIds.size > 0;
  const lastSeq = writer.lastSeq + 1;
  const answer = { content, reasoning, hasCalls, lastStep: end.lastStep };
  let ended: EndedRun = { run, end, ...answer, usage, contextTokens, lastSeq };
  let told: ChangeOwner[] = [];
  const isTold = () => writer.lastSeq >= lastSeq;
  for (let tries = 1; ; tries += 1) {
    try {
      const stored = await saveRunEnd(options, ended);
      if (stored) options.quotas.add(stored.userId, stored.bytes);
      told = stored?.told ?? [];
      break;
    } catch (error) {
      if (error instanceof RunLostError) throw writer.hold.lose();
      log.error({ err: error, tries }, 'an ended run could not be saved');
      const isLast = closing.aborted;
      if (!isTold() && (end.status === 'CANCELLED' || tries >= triesBeforeTelling || isLast)) {
        if (!writer.hold.isShared) {
          // A cancelled run stays cancelled. Any other run fails, because a client must not rely on an answer that may be lost.
          if (end.status !== 'CANCELLED') ended = { ...ended, end: notSaved };
          await announceEnd(writer, ended, { ...options, isUnsaved: true });
        }
        onUnsaved(error);
      }
      if (isLast) return;
      await delay(retryMs, undefined, { signal: closing }).catch(() => undefined);
    }
  }
  if (!isTold()) await announceEnd(writer, ended, options);
  options.changes.ring(told);
}

const notSaved: RunEnd = { status: 'FAILED', code: 'INTERNAL', reason: 'The answer could not be saved.' };

/**
 * Writes the terminal run event.
 *
 * @param options `isUnsaved`: the message in the database is older than this end.
 */
export async function announceEnd(
  writer: RunWriter,
  { run, end, usage, content, reasoning }: EndedRun,
  options: Pick<EndRunOptions, 'runLogTtlMs'> & { isUnsaved?: boolean },
): Promise<void> {
  const body = terminalBody(end, run.assistantMessageId, usage);
  const unsaved = {
    status: messageStatusOf(end),
    content,
    reasoning: reasoning || null,
    cancelCause: end.status === 'CANCELLED' ? end.cancelCause : null,
  };
  await writer.end(options.isUnsaved ? { ...body, unsaved } : body, options.runLogTtlMs);
}
