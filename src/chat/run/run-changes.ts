import type { NewChange } from '../../changes/change.ts';
import type { Run } from '../../generated/prisma/client.ts';
import { queuedSeq } from '../log/open-run-log.ts';

/** The `seq` of `RunStarted` in the log of a run that starts at once. */
const seqAtOnce = 1;

/** The changes of a prompt that was stored with its run. A prompt that was there before is not told again. */
export function promptChanges(run: Run): NewChange[] {
  const { sessionId, userMessageId, assistantMessageId, editOfId, answersAgain } = run;
  const ids = [answersAgain ? null : userMessageId, assistantMessageId].filter((id) => id !== null);
  const changes: NewChange[] = ids.map((messageId) => ({ kind: 'MessageAdded', sessionId, messageId }));
  if (editOfId !== null || answersAgain) {
    changes.push({ kind: 'HeadMoved', sessionId, headId: assistantMessageId });
  }
  return run.status === 'RUNNING' ? [...changes, ...runStarted(run, seqAtOnce)] : changes;
}

/** The change of a queued run that has started: in its log `RunStarted` comes behind `RunQueued`. */
export function queuedRunStarted(run: Run): NewChange[] {
  return runStarted(run, queuedSeq + 1);
}

/** A run whose messages were deleted ends at once, and its log does not begin with `RunStarted`. */
function runStarted({ id, sessionId, userMessageId, assistantMessageId }: Run, seq: number): NewChange[] {
  if (userMessageId === null || assistantMessageId === null) return [];
  return [{ kind: 'RunStarted', sessionId, runId: id, userMessageId, assistantMessageId, seq }];
}
