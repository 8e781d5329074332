import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LoadBalancer, startLoadBalancer } from '../../support/cluster/load-balancer.ts';
import { chat, collect, textOf, until } from '../../support/gateway/chat.ts';
import { openScriptedCluster, type ScriptedCluster } from '../../support/gateway/cluster.ts';
import type { TestGateway } from '../../support/gateway/gateway.ts';
import { gatewayApi } from '../../support/gateway/gateway-api.ts';
import { jwtSettings, signJwt } from '../../support/gateway/jwt.ts';
import { createGate, text } from '../../support/model/turn.ts';
import { describeWithServers } from '../../support/process/servers.ts';

describeWithServers('single connection mode over several gateways', () => {
  let cluster: ScriptedCluster;
  let balancer: LoadBalancer;
  let gateways: TestGateway[];
  let alice: string;
  beforeAll(async () => {
    cluster = await openScriptedCluster(jwtSettings);
    gateways = [await cluster.start(), await cluster.start(), await cluster.start()];
    balancer = await startLoadBalancer();
    balancer.setGateways(gateways.map(({ url }) => url));
    alice = await signJwt({ sub: 'alice' });
  });
  afterAll(async () => {
    await balancer[Symbol.asyncDispose]();
    await cluster[Symbol.asyncDispose]();
  });

  const client = () => gatewayApi(balancer.url, alice).client({ singleConnection: true });
  const send = (gateway: TestGateway | undefined, method: string, token: string, stream = '') =>
    fetch(`${gateway?.url}/graphql/stream`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(stream && { 'x-graphql-event-stream-token': stream }),
        ...(method === 'GET' && { accept: 'text/event-stream' }),
      },
    });

  test('each request may reach another gateway: the reservation, the stream, operations, and their end', async () => {
    cluster.model.script([text('Hel', 'lo')], [text('One'), createGate()]);
    const api = gatewayApi(balancer.url, alice);
    const [first, second] = [await api.createSession(), await api.createSession()];
    const one = client();
    const answered = collect(chat(one, { sessionId: first, prompt: 'Hi' }));
    expect(textOf(await answered)).toBe('Hello');
    // Leaving the loop stops the operation, with a request that may reach any gateway.
    await until(chat(one, { sessionId: second, prompt: 'Hi' }), 'TextDelta', 'One');
    await expect.poll(() => cluster.model.requests.length).toBe(2);
    one.dispose();
  });

  test('an error of an operation arrives over the stream, whichever gateway gets the operation', async () => {
    const one = client();
    for (let tries = 0; tries < 3; tries += 1) {
      const results = one.iterate({ query: '{ nothing }' });
      expect((await results.next()).value).toMatchObject({
        errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }],
      });
    }
    one.dispose();
  });

  test('only the user who reserved a stream can open it elsewhere', async () => {
    const [here, there] = gateways;
    const stream = await (await send(here, 'PUT', alice)).text();
    const bob = await signJwt({ sub: 'bob' });
    expect((await send(there, 'GET', bob, stream)).status).toBe(404);
    expect((await send(there, 'DELETE', bob, stream)).status).toBe(404);
    const opened = await send(there, 'GET', alice, stream);
    expect(opened.status).toBe(200);
    // It is open already, and here is not where it is.
    expect((await send(here, 'GET', alice, stream)).status).toBe(404);
    await opened.body?.cancel();
  });

  test('a stream whose gateway is gone, or that there never was, is not found', async () => {
    const [here] = gateways;
    const gone = await cluster.start();
    const stream = await (await send(gone, 'PUT', alice)).text();
    await gone[Symbol.asyncDispose]();
    for (const token of [stream, '~', 'x'.repeat(200)]) {
      expect((await send(here, 'DELETE', alice, token)).status).toBe(404);
    }
  });
});
