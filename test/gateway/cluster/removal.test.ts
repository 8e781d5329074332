import { expect, test } from 'vitest';
import { chat, collect } from '../../support/gateway/chat.ts';
import { openScriptedCluster } from '../../support/gateway/cluster.ts';
import { text } from '../../support/model/turn.ts';
import { describeWithServers } from '../../support/process/servers.ts';

describeWithServers('a gateway that ends while it removes what was deleted', () => {
  test('leaves the rest to another one, which removes it', async () => {
    await using cluster = await openScriptedCluster();
    const other = await cluster.start();
    await using heir = await cluster.start();
    const { database } = heir.services;
    cluster.model.script([text('Hello.')]);
    const sessionId = await heir.createSession();
    await collect(chat(heir.client(), { sessionId, prompt: 'Hi' }));
    // As after the transaction that hides a session, of which nothing was removed yet.
    await database.session.updateMany({ data: { deletedAt: new Date(), clearedThroughId: 1_000_000 } });
    const countRows = async () => [await database.session.count(), await database.message.count()];
    expect(await countRows()).toEqual([1, 2]);
    await other[Symbol.asyncDispose]();
    await expect.poll(countRows).toEqual([0, 0]);
  });
});
