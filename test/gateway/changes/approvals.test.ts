import { expect, test } from 'vitest';
import { collect } from '../../support/gateway/chat.ts';
import { shareGuardedGateway } from '../../support/gateway/shared-gateway.ts';
import { approveCall, collectDeciding, denyCall } from '../../support/gateway/tool-approval.ts';
import { beginWatch, type Watch, watch } from '../../support/gateway/watch.ts';
import { text, toolCall } from '../../support/model/turn.ts';

const openSession = shareGuardedGateway();
const openHastySession = shareGuardedGateway({ TOOL_APPROVAL_TIMEOUT_MS: '100' });

const writes = [toolCall('w', 'write', { path: 'a' })];

/** What a list of sessions is told of approvals, in short form. */
async function toldOf(watching: Watch) {
  const seen = await watching.until('RunEnded');
  return seen.flatMap(({ __typename, session, callId, decision, run, toolCall: call }) => {
    if (__typename === 'ApprovalRequested')
      return [`${session.title} asks ${callId} ${call.name} ${call.args.path}`];
    if (__typename === 'ApprovalDecided') return [`${callId} ${decision}`];
    return __typename === 'RunEnded' ? [run.status] : [];
  });
}

async function openWatched(open = openSession) {
  const session = await open();
  const name = 'mutation ($id: ID!) { updateSession(id: $id, input: { title: "Files" }) { id } }';
  await session.query(name, { id: session.sessionId });
  const after = await beginWatch(session);
  session.model.script(writes, [text('Done.')]);
  return { session, watching: watch(session, { after }) };
}

test.each([
  ['approved', approveCall, 'APPROVED'],
  ['denied', denyCall, 'DENIED'],
])('a list of sessions is told that a call waits, and that it was %s', async (_word, decide, decision) => {
  const { session, watching } = await openWatched();
  await using _ = watching;

  await collectDeciding(session.ask(), (asked) => decide(session, asked));

  expect(await toldOf(watching)).toEqual(['Files asks w write a', `w ${decision}`, 'COMPLETED']);
});

test('a list of sessions is told that no decision came in time', async () => {
  const { session, watching } = await openWatched(openHastySession);
  await using _ = watching;

  await collect(session.ask());

  expect(await toldOf(watching)).toEqual(['Files asks w write a', 'w EXPIRED', 'COMPLETED']);
});

test('a list of sessions is told that a call needs no decision any more when its run is cancelled', async () => {
  const { session, watching } = await openWatched();
  await using _ = watching;
  const cancel = 'mutation ($id: ID!) { cancelRun(input: { runId: $id }) { cancelled } }';

  await collectDeciding(session.ask(), ({ runId }) => session.query(cancel, { id: runId }));

  expect(await toldOf(watching)).toEqual(['Files asks w write a', 'w null', 'CANCELLED']);
});
