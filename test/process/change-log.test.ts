import { expect, test } from 'vitest';
import { beginWatch, watch } from '../support/gateway/watch.ts';
import { createGate, text } from '../support/model/turn.ts';
import { startScriptedProcess } from '../support/process/scripted-process.ts';

test('a client of a gateway that is killed gets from the next one everything that it has not seen, once', async () => {
  await using victim = await startScriptedProcess();
  victim.model.script([text('Half'), createGate()]);
  const sessionId = await victim.createSession();
  const after = await beginWatch(victim);
  await using watching = watch(victim, { after });
  await victim.send({ sessionId, prompt: 'Hi' });
  const [started] = await watching.until('RunStarted');

  // Some of these are stored and acknowledged, some are stored only, and some are neither when the gateway dies.
  const creations = Array.from({ length: 200 }, (_, n) => victim.createSession({ title: `${n}` }));
  const settled = Promise.allSettled(creations);
  await Promise.all(creations.slice(0, 20));
  victim.kill('SIGKILL');
  const acknowledged = (await settled).flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  await victim.exited;
  await using next = await victim.restart();

  const list = '{ sessions(first: 100, orderBy: CREATED) { totalCount } }';
  const { totalCount } = (await next.query(list)).sessions;
  await using resumed = watch(next, { after: started?.cursor ?? '' });
  // All but the session of the run are new since the cursor. The run ends with the start of the next gateway.
  const seen = await resumed.until(totalCount);
  const created = seen
    .filter(({ __typename }) => __typename === 'SessionCreated')
    .map(({ session }) => session.id);
  expect(acknowledged.filter((id) => !created.includes(id))).toEqual([]);
  expect(new Set(created).size).toBe(totalCount - 1);
  expect(seen.filter(({ __typename }) => __typename !== 'SessionCreated')).toMatchObject([
    { __typename: 'RunEnded', run: { status: 'FAILED' }, session: { id: sessionId } },
  ]);
});
