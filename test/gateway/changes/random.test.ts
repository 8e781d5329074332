import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { chat, collect } from '../../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { shareGateway } from '../../support/gateway/shared-gateway.ts';
import { beginWatch, type SeenEvent, watch } from '../../support/gateway/watch.ts';

const shared = shareGateway(() => startTestGateway());

/** Numbers from 0 to below 1, the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

const databaseIdOf = (id: string) => Number(Buffer.from(id, 'base64').toString().split(':')[1]);

/** Uses sessions of its own, one after the other. Returns what a follower must be told of each. */
async function work(gateway: TestGateway, random: () => number): Promise<Map<string, string[]>> {
  const told = new Map<string, string[]>();
  for (let sessions = 0; sessions < 2; sessions += 1) {
    const id = await gateway.createSession();
    const events = ['SessionCreated'];
    told.set(id, events);
    for (let step = 0; step < 4; step += 1) {
      const choice = random();
      if (choice < 0.35) {
        const rename = 'mutation ($id: ID!) { updateSession(id: $id, input: { title: "New" }) { id } }';
        await gateway.query(rename, { id });
        events.push('SessionUpdated');
      } else if (choice < 0.7) {
        await collect(chat(gateway.client(), { sessionId: id, prompt: 'Hi' }));
        // The last run event comes when the end is stored.
        events.push('RunStarted', 'RunEnded');
      } else if (await slowly(gateway, databaseIdOf(id), random)) events.push('SessionUpdated');
    }
    if (random() < 0.5) continue;
    await gateway.query('mutation ($id: ID!) { deleteSession(id: $id) { databaseId } }', { id });
    events.push('SessionDeleted');
  }
  return told;
}

/** A change whose transaction stays open while others commit. Some are rolled back. Returns whether this one was not. */
async function slowly({ services }: TestGateway, sessionId: number, random: () => number): Promise<boolean> {
  const { statements, changes } = services;
  const [turns, fails] = [Math.floor(random() * 30), random() < 0.3];
  const writing = statements.transaction(async (tx) => {
    const told = await changes.log.write(tx, [{ kind: 'SessionUpdated', sessionId }]);
    for (let turn = 0; turn < turns; turn += 1) await nextTurn();
    if (fails) throw new Error('Rolled back by the test.');
    return told;
  });
  const told = await writing.catch(() => []);
  changes.log.ring(told);
  return told.length > 0;
}

/** Follows, but breaks off after some events each time, and goes on behind the last one. */
async function followFlakily(
  gateway: TestGateway,
  after: string,
  total: number,
  random: () => number,
): Promise<SeenEvent[]> {
  const seen: SeenEvent[] = [];
  while (seen.length < total) {
    await using watching = watch(gateway, { after: seen.at(-1)?.cursor ?? after });
    const some = Math.min(total - seen.length, 1 + Math.floor(random() * 6));
    seen.push(...(await watching.until(some)));
  }
  return seen;
}

const sessionOf = ({ __typename, session, deletedSessionId }: SeenEvent): string =>
  __typename === 'SessionDeleted' ? deletedSessionId : session?.id;

test.each([1, 2, 3])(
  'followers that break off at any event see what happened to each session, once and in one order (seed %i)',
  async (seed) => {
    const gateway = shared();
    const random = randomFrom(seed);
    const after = await beginWatch(gateway);
    await using steady = watch(gateway, { after });

    const workers = Array.from({ length: 4 }, () => work(gateway, randomFrom(Math.floor(random() * 1e9))));
    const told = new Map((await Promise.all(workers)).flatMap((each) => [...each]));
    const total = [...told.values()].flat().length;
    const all = await steady.until(total);
    const flaky = await Promise.all([0, 1].map(() => followFlakily(gateway, after, total, random)));

    // The sessions that are gone have no name any more in the events before their deletion, which shows their order.
    const cursors = all.map(({ cursor }) => cursor);
    for (const seen of flaky) expect(seen.map(({ cursor }) => cursor)).toEqual(cursors);
    expect(new Set(cursors).size).toBe(total);
    const named = all.filter((event) => sessionOf(event) !== undefined);
    for (const [id, events] of told) {
      const seen = named.filter((event) => sessionOf(event) === id).map(({ __typename }) => __typename);
      if (!events.includes('SessionDeleted')) expect(seen).toEqual(events);
      else expect(seen.at(-1)).toBe('SessionDeleted');
    }
    const counted = (names: readonly string[]) => names.toSorted();
    expect(counted(all.map(({ __typename }) => __typename))).toEqual(counted([...told.values()].flat()));
  },
);
