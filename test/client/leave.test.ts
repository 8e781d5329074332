import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRetry, type Failure } from '../../src/client/retry.ts';
import { createCountingBus } from '../support/gateway/counting-bus.ts';
import { type ScriptedGateway, startScriptedGateway } from '../support/gateway/scripted-gateway.ts';
import { openNetwork } from '../support/http/network.ts';
import { createGate, text } from '../support/model/turn.ts';
import { transports } from './transports.ts';

const bus = createCountingBus();
let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScriptedGateway({ bus });
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** Starts an answer that stops half-way until the gate opens. */
async function startAnswer() {
  const gate = createGate();
  gateway.model.script([text('Half'), gate, text(' and half')]);
  const sessionId = await gateway.createSession();
  const runId = await gateway.send({ sessionId, prompt: 'Hi' });
  await gate.reached;
  return { runId, gate };
}

function first<T>(items: AsyncIterable<T>): Promise<IteratorResult<T, unknown>> {
  return items[Symbol.asyncIterator]().next();
}

describe.each(transports)('%s', (_name, clientOf) => {
  test('a client closes its connection when its loop breaks', async () => {
    const { runId, gate } = await startAnswer();

    for await (const event of clientOf(gateway.url).follow(runId)) {
      if (event.__typename === 'TextDelta') break;
    }

    await expect.poll(() => bus.listeners).toBe(0);
    gate.release();
  });

  test('a client closes its connection when its signal aborts, and throws the reason', async () => {
    const { runId, gate } = await startAnswer();
    const leave = new AbortController();
    const reason = new Error('The page was closed.');

    const followed = (async () => {
      for await (const event of clientOf(gateway.url).follow(runId, { signal: leave.signal })) {
        if (event.__typename === 'TextDelta') setImmediate(() => leave.abort(reason));
      }
    })();

    await expect(followed).rejects.toBe(reason);
    await expect.poll(() => bus.listeners).toBe(0);
    gate.release();
  });

  test('a client drops the run events that have arrived when its signal aborts', async () => {
    const { runId, gate } = await startAnswer();
    gate.release();
    const leave = new AbortController();
    const reason = new Error('The page was closed.');
    const seen: string[] = [];

    const followed = (async () => {
      for await (const event of clientOf(gateway.url).follow(runId, { signal: leave.signal })) {
        seen.push(event.__typename);
        leave.abort(reason);
      }
    })();

    await expect(followed).rejects.toBe(reason);
    expect(seen).toEqual(['RunStarted']);
  });

  test('a client sends nothing when its signal has aborted before', async () => {
    const signal = AbortSignal.abort();
    const client = clientOf('http://127.0.0.1:1');
    await expect(first(client.follow('UnVuOjE=', { signal }))).rejects.toBe(signal.reason);
    await expect(client.query('{ __typename }', {}, { signal, retry: true })).rejects.toBe(signal.reason);
  });

  test('a client ends the pause before the next attempt when its signal aborts', async () => {
    const leave = new AbortController();
    const retry = createRetry({ firstMs: 600_000, longestMs: 600_000 });
    const paused = new EventTarget();
    const client = clientOf('http://127.0.0.1:1', {
      retry(failure) {
        paused.dispatchEvent(new Event('pause'));
        return retry(failure);
      },
    });

    const followed = first(client.follow('UnVuOjE=', { signal: leave.signal }));
    await once(paused, 'pause');
    leave.abort();

    await expect(followed).rejects.toBe(leave.signal.reason);
  });

  test('a client gives up a connection that falls silent, and resumes on another one', async () => {
    const { runId, gate } = await startAnswer();
    await using network = await openNetwork(gateway.url);
    const failures: Failure[] = [];
    const client = clientOf(network.url, {
      silenceMs: 100,
      async retry(failure) {
        failures.push(failure);
        network.thaw();
      },
    });

    let seen = '';
    for await (const event of client.follow(runId)) {
      if (event.__typename !== 'TextDelta') continue;
      seen += event.text;
      if (seen !== 'Half') continue;
      network.freeze();
      gate.release();
    }

    expect(seen).toBe('Half and half');
    expect(failures[0]?.error).toMatchObject({
      code: 'UNREACHABLE',
      cause: { message: 'The gateway has sent nothing for 100 ms.' },
    });
  });

  test('a client watches a session over a lost connection, with the variables of the moment', async () => {
    const sessionId = await gateway.createSession();
    await using network = await openNetwork(gateway.url);
    const client = clientOf(network.url);
    const document = 'subscription ($id: ID!) { sessionEvents(sessionId: $id) { __typename } }';
    let connections = 0;
    const variables = () => {
      connections += 1;
      return { id: sessionId };
    };
    const rename = () =>
      gateway.query('mutation ($id: ID!) { updateSession(id: $id, input: { title: "New" }) { id } }', {
        id: sessionId,
      });

    const opened = () => (connections === 1 ? network.cut() : rename());
    for await (const event of client.subscribe(document, variables, { onOpen: () => void opened() })) {
      expect(event).toEqual({ sessionEvents: { __typename: 'SessionUpdated' } });
      break;
    }

    expect(connections).toBe(2);
  });

  test('a client does not take a slow loop for a silent gateway', async () => {
    const { runId, gate } = await startAnswer();
    gate.release();
    const failures: Failure[] = [];
    const client = clientOf(gateway.url, {
      silenceMs: 300,
      async retry(failure) {
        failures.push(failure);
      },
    });

    let seen = '';
    for await (const event of client.follow(runId)) {
      if (event.__typename !== 'TextDelta') continue;
      seen += event.text;
      const end = performance.now() + 400;
      await expect.poll(() => performance.now() > end).toBe(true);
    }

    expect(seen).toBe('Half and half');
    expect(failures).toEqual([]);
  });
});
