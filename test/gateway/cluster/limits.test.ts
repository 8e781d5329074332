import { afterAll, beforeAll, expect, test } from 'vitest';
import { chat, collect, follow } from '../../support/gateway/chat.ts';
import { openScriptedCluster, type ScriptedCluster } from '../../support/gateway/cluster.ts';
import type { TestGateway } from '../../support/gateway/gateway.ts';
import { jwtSettings, signJwt } from '../../support/gateway/jwt.ts';
import { createGate, text } from '../../support/model/turn.ts';
import { describeWithServers } from '../../support/process/servers.ts';

describeWithServers('limits of a user over several gateways', () => {
  let cluster: ScriptedCluster;
  let [one, other] = [] as unknown as [TestGateway, TestGateway];
  beforeAll(async () => {
    cluster = await openScriptedCluster({
      ...jwtSettings,
      MAX_LIVE_RUNS_PER_USER: '1',
      MAX_FOLLOWERS_PER_USER: '2',
      MAX_SESSIONS_PER_USER: '2',
    });
    [one, other] = [await cluster.start(), await cluster.start()];
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  test('subscriptions on another gateway count', async () => {
    const bob = await signJwt({ sub: 'bob' });
    cluster.model.script([text('One'), createGate()]);
    const sessionId = await one.as(bob).createSession();
    const begun = chat(one.as(bob).client(), { sessionId, prompt: 'Hi' });
    const { runId } = (await begun.next()).value as { runId: string };
    const also = follow(one.as(bob).client(), runId);
    await also.next();
    await expect
      .poll(() =>
        follow(other.as(bob).client(), runId)
          .next()
          .then(
            () => 'accepted',
            ({ code }) => code,
          ),
      )
      .toBe('RATE_LIMITED');
    await also.return(undefined);
    await begun.return(undefined);
  });

  test('live runs on another gateway count, and stop to count when they have ended', async () => {
    const alice = await signJwt({ sub: 'alice' });
    const gate = createGate();
    // Until the gateways have told each other, prompts are accepted.
    cluster.model.script([text('One'), gate], ...Array.from({ length: 50 }, () => [text('Two')]));
    const [first, second] = [
      await one.as(alice).createSession(),
      await one.as(alice).createSession({ title: 'second' }),
    ];
    const begun = chat(one.as(alice).client(), { sessionId: first, prompt: 'Hi' });
    await begun.next();
    const send = () => other.as(alice).send({ sessionId: second, prompt: 'Hi' });
    await expect
      .poll(
        () =>
          send().then(
            () => 'accepted',
            ({ code, limit }) => [code, limit],
          ),
        { timeout: 5_000 },
      )
      .toEqual(['RATE_LIMITED', 'MAX_LIVE_RUNS_PER_USER']);
    gate.release();
    await collect(begun);
    await expect
      .poll(() =>
        send().then(
          () => 'accepted',
          ({ code }) => code,
        ),
      )
      .toBe('accepted');
  });

  test('sessions that were created on another gateway count against the quota', async () => {
    const carol = await signJwt({ sub: 'carol' });
    await one.as(carol).createSession();
    await other.as(carol).createSession();
    await expect
      .poll(
        () =>
          one
            .as(carol)
            .createSession()
            .then(
              () => 'created',
              ({ code }) => code,
            ),
        { interval: 500 },
      )
      .toBe('QUOTA_EXCEEDED');
  });
});
