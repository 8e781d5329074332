import { expect, test } from 'vitest';
import { stoppedNote } from '../../src/console/state/answer-note.ts';
import { applyRunEvent, emptyAnswer } from '../../src/console/state/message-state.ts';

test.each([
  ['USER', /^Stopped\./],
  ['SUPERSEDED', /newer prompt/],
  ['SHUTDOWN', /gateway was shut down/],
  ['DELETED', /session was deleted/],
  // An earlier version of the gateway gave no cause.
  [null, /^Stopped\./],
] as const)('an answer that was cancelled with the cause %s says so', (cancelCause, note) => {
  expect(stoppedNote({ ...emptyAnswer, status: 'CANCELLED', cancelCause })).toMatch(note);
});

test('an answer that was not cancelled has no such note', () => {
  expect(stoppedNote(emptyAnswer)).toBeUndefined();
  const queued = applyRunEvent(emptyAnswer, { __typename: 'RunQueued', runId: 'r', seq: 1 });
  expect(stoppedNote(queued)).toBeUndefined();
});
