import { expect, test, vi } from 'vitest';
import { chat, collect, follow, type SeenRunEvent, textOf } from '../../support/gateway/chat.ts';
import { type ScriptedGateway, startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { type ServerProxy, startServerProxy } from '../../support/http/server-proxy.ts';
import { createGate, text } from '../../support/model/turn.ts';
import { describeWithPostgres, openEmptyDatabase } from '../../support/process/postgres.ts';
import { onServer } from '../../support/suite/postgres-server.ts';

interface Place extends AsyncDisposable {
  gateway: ScriptedGateway;
  server: ServerProxy;
}

async function openPlace(): Promise<Place> {
  const database = await openEmptyDatabase();
  const server = await startServerProxy(database.url);
  const settings = {
    DATABASE_URL: server.url,
    DATABASE_CONNECTIONS: '4',
    DATABASE_TIMEOUT_MS: '1000',
    LOG_LEVEL: 'info',
  };
  const gateway = await startScriptedGateway({ settings });
  return {
    gateway,
    server,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

const ready = async ({ url }: ScriptedGateway) => {
  const response = await fetch(`${url}/health/ready`);
  return { status: response.status, body: await response.json() };
};

/** Resolves when the follower has seen this text. Until then it reads what the first run event refers to. */
async function begun(events: AsyncGenerator<SeenRunEvent>, beginning: string) {
  const seen: SeenRunEvent[] = [];
  const read = async () => {
    for await (const event of events) seen.push(event);
    return seen;
  };
  const all = read();
  await expect.poll(() => textOf(seen)).toBe(beginning);
  return { all };
}

const contents = '{ sessions(first: 1) { nodes { messages(first: 9) { nodes { content status } } } } }';

describeWithPostgres('a gateway whose PostgreSQL server fails', () => {
  test('a restart of the server during an answer loses nothing, and the gateway goes on without a restart', async () => {
    await using place = await openPlace();
    const { gateway, server } = place;
    const gate = createGate();
    gateway.model.script([text('One '), gate, text('two.')], [text('Three.')]);
    const sessionId = await gateway.createSession();
    const seen = await begun(chat(gateway.client(), { sessionId, prompt: 'Count.' }), 'One ');
    server.setAway(true);
    server.setAway(false);
    gate.release();
    expect(textOf(await seen.all)).toBe('One two.');
    expect((await gateway.query(contents)).sessions.nodes[0].messages.nodes).toEqual([
      { content: 'Count.', status: 'COMPLETE' },
      { content: 'One two.', status: 'COMPLETE' },
    ]);
    expect(textOf(await collect(chat(gateway.client(), { sessionId, prompt: 'Go on.' })))).toBe('Three.');
  });

  test('while the server is away, reads and prompts are refused with OVERLOADED, health says why, and a run waits to be saved', async () => {
    await using place = await openPlace();
    const { gateway, server } = place;
    const gate = createGate();
    gateway.model.script([text('Saved '), gate, text('later.')]);
    const sessionId = await gateway.createSession();
    const seen = await begun(chat(gateway.client(), { sessionId, prompt: 'Wait.' }), 'Saved ');
    server.setAway(true);

    expect((await gateway.graphql(contents)).errors).toMatchObject([{ extensions: { code: 'OVERLOADED' } }]);
    const send = 'mutation ($input: ChatInput!) { sendMessage(input: $input) { id } }';
    const input = { sessionId, prompt: 'No.' };
    expect((await gateway.graphql(send, { input })).errors).toMatchObject([
      { extensions: { code: 'OVERLOADED' } },
    ]);
    const list = await gateway.rest('/sessions/1');
    expect([list.status, list.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await ready(gateway)).toEqual({
      status: 503,
      body: { status: 'unavailable', checks: { database: 'the database server cannot be reached' } },
    });
    gate.release();
    await gateway.logged('an ended run could not be saved');
    server.setAway(false);

    expect(textOf(await seen.all)).toBe('Saved later.');
    const { nodes } = (await gateway.query(contents)).sessions.nodes[0].messages;
    expect(nodes).toMatchObject([{ content: 'Wait.' }, { content: 'Saved later.', status: 'COMPLETE' }]);
    await vi.waitFor(async () => expect((await ready(gateway)).status).toBe(200), { timeout: 15_000 });
  });

  test('a prompt whose session cannot be read when its run begins is answered when it can', async () => {
    await using place = await openPlace();
    const { gateway, server } = place;
    gateway.model.script([text('At last.')]);
    const sessionId = await gateway.createSession();
    await onServer(async (other) => {
      await other.query('BEGIN; LOCK TABLE "SessionNode" IN ACCESS EXCLUSIVE MODE');
      const answer = collect(chat(gateway.client(), { sessionId, prompt: 'Wait.' }));
      await gateway.logged('a part of a run could not be read or saved; its run waits');
      await other.query('COMMIT');
      expect(textOf(await answer)).toBe('At last.');
    }, server.url);
  });

  test('a frozen server is waited for as long as DATABASE_TIMEOUT_MS, and the next statement after it works', async () => {
    await using place = await openPlace();
    const { gateway, server } = place;
    server.setFrozen(true);
    expect((await gateway.graphql(contents)).errors).toMatchObject([{ extensions: { code: 'OVERLOADED' } }]);
    server.setFrozen(false);
    expect((await gateway.graphql(contents)).errors).toBeUndefined();
  });

  test('a prompt whose commit was stored and not confirmed is answered', async () => {
    await using place = await openPlace();
    const { gateway, server } = place;
    gateway.model.script([text('Here.')]);
    const sessionId = await gateway.createSession();
    const swallowed = server.swallow('COMMIT');
    const send = 'mutation ($input: ChatInput!) { sendMessage(input: $input) { id } }';
    const { sendMessage: run } = await gateway.query(send, { input: { sessionId, prompt: 'Hello?' } });
    await swallowed;
    expect(textOf(await collect(follow(gateway.client(), run.id)))).toBe('Here.');
  });
});
