import { expect, test } from 'vitest';
import { linePlaceOf } from '../../../src/storage/statements/lines.ts';
import { chat, collect } from '../../support/gateway/chat.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { longestTurn, measured } from '../../support/gateway/longest-turn.ts';
import { createStatementLog } from '../../support/gateway/query-count.ts';
import { globalId, seed, seedMessages } from '../schema/seed.ts';

/** More short messages than fit into the context of the demo model. */
const many = 40_000;

test(
  'a prompt into a session of many short messages counts only those that the model is shown, and no turn is long',
  measured,
  async () => {
    await using gateway = await startTestGateway();
    const { database } = gateway.services;
    const log = createStatementLog(gateway.services);
    const [id = 0] = await seed(database, { sessions: 1 });
    await seedMessages(database, id, many);
    await database.session.update({ where: { id }, data: { messageCount: many } });
    let omitted = 0;
    const send = async () => {
      const events = await collect(
        chat(gateway.client(), { sessionId: globalId('Session', id), prompt: 'Count to 3.' }),
      );
      expect(events.at(-1)?.__typename).toBe('RunCompleted');
      const trimmed = events.find(({ __typename }) => __typename === 'ContextTrimmed');
      omitted = Number(trimmed?.['omittedMessages']);
    };

    const statements = await log.during(send);
    expect(statements.map(({ sql }) => sql)).not.toContain(linePlaceOf.sql);
    const counted = omitted;
    // Sessions of which another program has written a part are counted.
    await database.session.update({ where: { id }, data: { messageCount: 0 } });
    await send();
    expect(omitted - counted).toBeGreaterThanOrEqual(0);
    expect(counted).toBeGreaterThan(many / 2);

    const turns: number[] = [];
    for (let attempt = 0; attempt < 5; attempt += 1) turns.push(await longestTurn(send));
    // The least of several: the garbage collector of the test takes its time in this process, too.
    expect(Math.min(...turns)).toBeLessThan(50);
  },
);
