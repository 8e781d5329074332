import { expect, test } from 'vitest';
import { openScriptedCluster } from '../../support/gateway/cluster.ts';
import { beginWatch, watch } from '../../support/gateway/watch.ts';
import { text } from '../../support/model/turn.ts';
import { describeWithServers } from '../../support/process/servers.ts';

describeWithServers('the change log of gateways that act as one', () => {
  test('a client of one gateway is told what another one does, and goes on at either with the same cursor', async () => {
    await using cluster = await openScriptedCluster();
    const [one, other] = [await cluster.start(), await cluster.start()];
    cluster.model.script([text('Hello')]);
    const after = await beginWatch(other);
    await using watching = watch(other, { after });

    const sessionId = await one.createSession({ title: 'Shared' });
    await one.send({ sessionId, prompt: 'Hi' });
    const seen = await watching.until('RunEnded');

    expect(seen.map(({ __typename }) => __typename)).toEqual(['SessionCreated', 'RunStarted', 'RunEnded']);
    await using resumed = watch(one, { after: seen[0]?.cursor });
    expect((await resumed.until(2)).map(({ cursor }) => cursor)).toEqual(
      seen.slice(1).map(({ cursor }) => cursor),
    );
  });
});
