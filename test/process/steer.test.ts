import { expect, test } from 'vitest';
import { chat, collect, follow, type SeenRunEvent, until } from '../support/gateway/chat.ts';
import { unusedPort } from '../support/http/unused-port.ts';
import { createGate, text, toolCall } from '../support/model/turn.ts';
import { connectNode } from '../support/node/node-client.ts';
import { createNodeSession, startNode } from '../support/node/nodes.ts';
import type { GatewayProcess } from '../support/process/gateway-process.ts';
import { startScriptedProcess } from '../support/process/scripted-process.ts';

const names = (seen: readonly SeenRunEvent[]) => seen.map(({ __typename }) => __typename);

/** Reads until the connection breaks. */
async function readAll(events: AsyncIterable<SeenRunEvent>, seen: SeenRunEvent[] = []) {
  try {
    for await (const event of events) seen.push(event);
  } catch {
    // The gateway was killed.
  }
  return seen;
}

test('a prompt that waits to join an answer, or has joined it, is told once, whenever the gateway is killed', {
  timeout: 180_000,
}, async () => {
  const port = String(await unusedPort());
  const settings = { PORT: port, NODE_GRACE_MS: '60000', RESUME_RUNS: 'all' };
  await using first = await startScriptedProcess(settings);
  const { model } = first;
  let gateway: GatewayProcess = first;
  const laptop = await startNode(gateway, 'laptop');
  const run = (id: string) => toolCall(id, 'run_command', { command: 'make' });
  const restart = async () => {
    gateway.kill('SIGKILL');
    await gateway.exited;
    gateway = await first.restart();
  };
  const requestsWith = (words: string) =>
    model.requests.filter(({ body }) => JSON.stringify(body).includes(words));

  // Killed while the prompt waits: the gateway that goes on with the run takes it.
  const gate = createGate();
  model.script(
    [text('Building. '), run('a')],
    [text('Built'), gate, text(', in blue.')],
    [text('Again, in blue.')],
  );
  const sessionId = await createNodeSession(gateway, ['laptop']);
  const { runId } = (
    await until(chat(gateway.client(), { sessionId, prompt: 'Go' }), 'ToolCallStarted')
  )[0] as SeenRunEvent;
  const { dispatchId } = await laptop.take();
  const input = { sessionId, prompt: 'Blue', onBusy: 'STEER', requestId: 'r' } as const;
  const before = await until(chat(gateway.client(), input), 'RunQueued');
  await restart();
  await using reconnected = connectNode(gateway.url, laptop.token, {
    instanceId: laptop.instanceId,
    running: [String(dispatchId)],
  });
  const sent: SeenRunEvent[] = [];
  const reading = readAll(chat(gateway.client(), input, before.at(-1)?.seq), sent);
  await reconnected.next('InboxOpened');
  await expect.poll(() => reconnected.finish(String(dispatchId), { result: 'built' })).toBe(true);
  await gate.reached;
  await expect.poll(() => names(sent)).toContain('PromptSteered');

  // Killed when it has joined: the model is asked for the step once more, and told the prompt again.
  await restart();
  gate.release();
  await reading;
  const rest = await collect(chat(gateway.client(), input, sent.at(-1)?.seq));
  expect(names(rest)).toContain('RunResumed');
  expect(names(rest).filter((name) => name === 'PromptSteered')).toHaveLength(1);
  expect(rest.at(-1)).toMatchObject({
    __typename: 'RunCompleted',
    runId,
    message: { content: 'Building. \n\nAgain, in blue.' },
  });
  const told = requestsWith('"Blue"');
  expect(told).toHaveLength(2);
  expect(told[0]?.body['messages']).toEqual(told[1]?.body['messages']);
  expect(await collect(follow(gateway.client(), runId, rest.at(-1)?.seq))).toEqual([]);

  // Killed while a model writes that nobody can ask again: the prompt gets an answer of its own.
  gateway.kill('SIGKILL');
  await gateway.exited;
  gateway = await first.restart({ RESUME_RUNS: 'waiting' });
  const writing = createGate();
  model.script([text('Half '), writing], [text('Yours.')]);
  const cut = await gateway.createSession();
  const half = chat(gateway.client(), { sessionId: cut, prompt: 'Go' });
  await half.next();
  await writing.reached;
  const later = { sessionId: cut, prompt: 'Red', onBusy: 'STEER', requestId: 'r' } as const;
  await until(chat(gateway.client(), later), 'RunQueued');
  gateway.kill('SIGKILL');
  await gateway.exited;
  writing.release();
  gateway = await first.restart({ RESUME_RUNS: 'waiting' });
  const own = await collect(chat(gateway.client(), later));
  expect(own.at(-1)).toMatchObject({ __typename: 'RunCompleted', message: { content: 'Yours.' } });
  await gateway[Symbol.asyncDispose]();
});
