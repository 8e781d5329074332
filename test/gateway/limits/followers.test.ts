import { expect, test } from 'vitest';
import { chat, collect, follow, until } from '../../support/gateway/chat.ts';
import { startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { silence, text } from '../../support/model/turn.ts';

test('MAX_FOLLOWERS_PER_USER limits the subscriptions of a user over graphql-sse and REST together, and a refused chat sends no prompt', async () => {
  await using gateway = await startScriptedGateway({ settings: { MAX_FOLLOWERS_PER_USER: '2' } });
  gateway.model.script([text('Well, '), silence()]);
  const sessionId = await gateway.createSession();
  const runId = await gateway.send({ sessionId, prompt: 'Hi' });
  const followers = [
    follow(gateway.client(), runId),
    follow(gateway.client({ singleConnection: true }), runId),
  ];
  for (const follower of followers) await follower.next();

  const limit = { code: 'RATE_LIMITED', limit: 'MAX_FOLLOWERS_PER_USER', retryAfter: 1 };
  await expect(collect(follow(gateway.client(), runId))).rejects.toMatchObject(limit);
  const other = await gateway.createSession();
  await expect(collect(chat(gateway.client(), { sessionId: other, prompt: 'Hi' }))).rejects.toMatchObject(
    limit,
  );
  const overRest = await gateway.rest('/sessions/1/chat');
  expect([overRest.status, overRest.headers.get('retry-after')]).toEqual([429, '1']);
  // The refused chat has sent no prompt.
  const { database } = gateway.services;
  expect(await database.run.count()).toBe(1);
  await Promise.all(followers.map((follower) => follower.return(undefined)));
});

test('MAX_FOLLOWERS_PER_USER counts no subscription whose client has left, whose run has ended or that was refused', async () => {
  await using gateway = await startScriptedGateway({ settings: { MAX_FOLLOWERS_PER_USER: '1' } });
  gateway.model.script([text('Yes')], [text('No')], [text('Well, '), silence()]);
  const sessionId = await gateway.createSession();

  await collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }));
  await collect(chat(gateway.client(), { sessionId, prompt: 'Hi again' }));
  await expect(collect(follow(gateway.client(), 'UnVuOjk5'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const leaving = chat(gateway.client(), { sessionId, prompt: 'A long one' });
  const [started] = await until(leaving, 'RunStarted');

  const again = async () => {
    const seen = follow(gateway.client(), started?.runId ?? '');
    try {
      return (await seen.next()).value?.__typename;
    } catch (error) {
      return (error as { code: string }).code;
    } finally {
      await seen.return(undefined);
    }
  };
  await expect.poll(again).toBe('RunStarted');
});
