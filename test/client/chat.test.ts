import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GatewayError } from '../../src/client/errors.ts';
import { createRetry, type Failure } from '../../src/client/retry.ts';
import type { RunEvent } from '../../src/client/run-events.ts';
import { type ScriptedGateway, startScriptedGateway } from '../support/gateway/scripted-gateway.ts';
import { startCuttingProxy } from '../support/http/cutting-proxy.ts';
import { createGate, text } from '../support/model/turn.ts';
import { startAnswerLosingProxy } from './answer-losing-proxy.ts';
import { distinctClient, transports } from './transports.ts';

const words = ['Once ', 'upon ', 'a ', 'time ', 'there ', 'was ', 'a ', 'switchyard', ' 🚂', '.'];
const story = words.join('');

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScriptedGateway({ settings: { DEMO_DELAY_MS: '2' } });
});
afterAll(() => gateway[Symbol.asyncDispose]());

async function collect(events: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  const all: RunEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

function textOf(events: RunEvent[]): string {
  return events.map((event) => (event.__typename === 'TextDelta' ? event.text : '')).join('');
}

function expectEachOnce(events: RunEvent[]): void {
  const seqs = events.map(({ seq }) => seq);
  expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
}

describe.each(transports)('%s', (_name, clientOf) => {
  test('a client sends a prompt and follows its answer to the end', async () => {
    gateway.model.script([text(...words)]);
    const sessionId = await gateway.createSession();

    const events = await collect(clientOf(gateway.url).chat(sessionId, 'Tell me a story.'));

    expect(textOf(events)).toBe(story);
    expect(events.map(({ __typename }) => __typename).filter((name) => name !== 'TextDelta')).toEqual([
      'RunStarted',
      'UsageReported',
      'RunCompleted',
    ]);
    expect(events.at(-1)).toMatchObject({
      message: { status: 'COMPLETE', content: story },
      usage: { totalTokens: 15 },
    });
  });

  test('a client resumes an answer that is cut twice, and loses and repeats no run event', async () => {
    const sessionId = await gateway.createSession({ providerName: 'demo' });
    await using proxy = await startCuttingProxy(gateway.url, ['20,', '60,']);

    const events = await collect(clientOf(proxy.url).chat(sessionId, 'Count to 100.'));

    expect(textOf(events)).toBe(`${Array.from({ length: 100 }, (_, index) => index + 1).join(', ')}.`);
    expectEachOnce(events);
    expect(proxy.cuts).toBe(2);
  });

  test('a client follows a run after a cursor', async () => {
    gateway.model.script([text(...words)]);
    const client = clientOf(gateway.url);
    const all = await collect(client.chat(await gateway.createSession(), 'Story?'));
    const { runId = '', seq: lastSeq = 0 } = all.at(-1) ?? {};

    const [first] = await collect(client.follow(runId));
    expect(first).toMatchObject({ __typename: 'RunStarted', seq: 1 });
    expect(textOf(await collect(client.follow(runId, { after: 1 })))).toBe(story);
    expect(textOf(await collect(client.follow(runId, { after: 3 })))).toBe(words.slice(2).join(''));
    expect(await collect(client.follow(runId, { after: lastSeq }))).toEqual([]);
  });

  test('a client ends its loop with the terminal run event when another client cancels the run', async () => {
    gateway.model.script([text('Half'), createGate()]);
    const sessionId = await gateway.createSession();

    const events: RunEvent[] = [];
    for await (const event of clientOf(gateway.url).chat(sessionId, 'Hi')) {
      events.push(event);
      if (event.__typename === 'TextDelta')
        expect(await clientOf(gateway.url).follow(event.runId).cancel()).toBe(true);
    }

    expect(events.at(-1)).toMatchObject({
      __typename: 'RunCancelled',
      message: { status: 'CANCELLED', content: 'Half' },
    });
    expect(
      await clientOf(gateway.url)
        .follow(events[0]?.runId ?? '')
        .cancel(),
    ).toBe(false);
  });

  test('a client delivers the gap where the log of a run has expired, and then the whole message', async () => {
    await using forgetful = await startScriptedGateway({ settings: { RUN_LOG_TTL_MS: '1' } });
    forgetful.model.script([text(...words)]);
    const client = clientOf(forgetful.url);
    const live = await collect(client.chat(await forgetful.createSession(), 'Story?'));
    const { runId = '', seq = 0 } = live.at(-1) ?? {};
    const rest = () => collect(client.follow(runId, { after: 3 }));

    await expect.poll(async () => (await rest()).length).toBe(2);
    expect(await rest()).toMatchObject([
      { __typename: 'HistoryGap', fromSeq: 4, toSeq: seq - 1 },
      { __typename: 'RunCompleted', seq, message: { content: story } },
    ]);
  });

  test('a client throws a final error at once, with its code and extensions', async () => {
    const failures: Failure[] = [];
    const retry = createRetry({ firstMs: 1 });
    const client = clientOf(gateway.url, {
      retry(failure) {
        failures.push(failure);
        return retry(failure);
      },
    });
    gateway.model.script([text('Half'), createGate()]);
    const sessionId = await gateway.createSession();
    const runId = await gateway.send({ sessionId, prompt: 'Hi' });

    const busy = await collect(client.chat(sessionId, 'And?')).catch((error) => error);

    expect(busy).toBeInstanceOf(GatewayError);
    expect(busy).toMatchObject({ code: 'RUN_IN_PROGRESS', isPassing: false, extensions: { runId } });
    await expect(collect(client.follow('UnVuOjk5OTk='))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(failures).toHaveLength(2);
    await client.follow(runId).cancel();
  });

  test('a client gives up after the attempts that its retry allows', async () => {
    const client = clientOf('http://127.0.0.1:1', { retry: createRetry({ firstMs: 1, attempts: 3 }) });
    await expect(collect(client.follow('UnVuOjE='))).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });
});

test('a prompt that is sent again after its first answer was lost makes one run', async () => {
  gateway.model.script([text(...words)]);
  const before = gateway.model.requests.length;
  const sessionId = await gateway.createSession();
  await using proxy = await startAnswerLosingProxy(gateway.url);

  const answer = collect(distinctClient(proxy.url).chat(sessionId, 'Tell me a story.'));
  await gateway.model.request(before);
  proxy.recover();

  expect(textOf(await answer)).toBe(story);
  expect(gateway.model.requests.length).toBe(before + 1);
  const query = 'query ($id: ID!) { session(id: $id) { messages { edges { node { role } } } } }';
  const { session } = await gateway.query(query, { id: sessionId });
  expect(session.messages.edges).toEqual([{ node: { role: 'USER' } }, { node: { role: 'ASSISTANT' } }]);
});

test('a client repeats after a passing error, and waits as long as Retry-After says', async () => {
  const settings = { MAX_REQUESTS_PER_MINUTE: '60', MAX_REQUEST_BURST: '4' };
  await using strict = await startScriptedGateway({ settings });
  strict.model.script([text(...words)]);
  const failures: Failure[] = [];
  const retry = createRetry({ firstMs: 1 });
  const client = distinctClient(strict.url, {
    retry(failure) {
      failures.push(failure);
      return retry(failure);
    },
  });
  const sessionId = await strict.createSession();
  while (!(await strict.graphql('{ __typename }')).errors);
  const begunAt = performance.now();

  expect(textOf(await collect(client.chat(sessionId, 'Story?')))).toBe(story);

  expect(failures[0]?.error).toMatchObject({ code: 'RATE_LIMITED', status: 429, retryAfterMs: 1_000 });
  expect(performance.now() - begunAt).toBeGreaterThanOrEqual(1_000);
});
