import { describe, expect, test } from 'vitest';
import { chat, collect, follow, textOf, until } from '../../support/gateway/chat.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { openMigratedFolder } from '../../support/gateway/migrated-folder.ts';
import { startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import { createGate, reasoning, text } from '../../support/model/turn.ts';

const shared = shareScriptedGateway();
const words = ['Once ', 'upon ', 'a ', 'time ', 'there ', 'was ', 'a ', 'switchyard', ' 🚂', '.'];

describe('a client that comes back', () => {
  test('a client that comes back gets the rest of an answer that continued without it', async () => {
    const gateway = shared();
    const gate = createGate();
    gateway.model.script([text(...words.slice(0, 4)), gate, text(...words.slice(4))]);
    const sessionId = await gateway.createSession();

    const before = await until(
      chat(gateway.client(), { sessionId, prompt: 'Tell me a story.' }),
      'TextDelta',
    );
    const { runId, seq } = before.at(-1) ?? { runId: '', seq: 0 };
    gate.release();
    const after = await collect(follow(gateway.client(), runId, seq));

    const message = after.at(-1)?.['message'];
    expect(textOf(before) + textOf(after)).toBe(words.join(''));
    expect(message).toMatchObject({ status: 'COMPLETE', content: words.join('') });
  });

  test.each([false, true])(
    'a follower gets exactly the run events after each cursor, live and ended (single connection: %s)',
    async (singleConnection) => {
      const gateway = shared();
      const gate = createGate();
      gateway.model.script([reasoning('Hm. '), text(...words), gate]);
      const sessionId = await gateway.createSession();
      const client = gateway.client({ singleConnection });
      const all: string[] = [];
      const live = chat(gateway.client(), { sessionId, prompt: 'Tell me a story.' });
      let [runId, read] = ['', ''];
      while (read !== words.join('')) {
        const { value } = await live.next();
        runId = value?.runId ?? '';
        if (value?.__typename === 'TextDelta') read += value.text;
      }
      const followers = Array.from({ length: 12 }, (_, after) => collect(follow(client, runId, after)));
      gate.release();
      const lastSeq = (await collect(live)).at(-1)?.seq ?? 0;
      for (const [after, follower] of followers.entries()) all[after] = textOf(await follower);

      // Each word has a seq of its own, whether or not it was sent by itself.
      expect(lastSeq).toBeGreaterThan(2 + words.length);
      for (let after = 0; after <= lastSeq; after += 1) {
        const replayed = await collect(follow(client, runId, after));
        const missing = words.slice(Math.max(0, after - 2)).join('');
        expect(textOf(replayed)).toBe(missing);
        if (after < 12) expect(all[after]).toBe(missing);
        expect(replayed.at(-1)?.__typename).toBe(after < lastSeq ? 'RunCompleted' : undefined);
      }
    },
  );

  test('a client that sends the same chat again follows the same run, with a cursor and without', async () => {
    const gateway = shared();
    gateway.model.script([text(...words)]);
    const sessionId = await gateway.createSession();
    const input = { sessionId, prompt: 'Tell me a story.', requestId: 'story-1' };

    const first = await until(chat(gateway.client(), input), 'TextDelta');
    const rest = await collect(chat(gateway.client(), input, first.at(-1)?.seq));
    const again = await collect(chat(gateway.client(), input));

    expect(textOf(first) + textOf(rest)).toBe(words.join(''));
    expect(textOf(again)).toBe(words.join(''));
    expect(gateway.model.requests).toHaveLength(1);
  });

  test('a client finds its run by the request id even when its provider is no longer configured', async () => {
    await using folder = await openMigratedFolder();
    const input = { sessionId: '', prompt: 'Tell me a story.', requestId: 'story-1' };
    {
      await using gateway = await startScriptedGateway({ dataDir: folder.path });
      gateway.model.script([text(...words)]);
      input.sessionId = await gateway.createSession({ providerName: 'openai-compatible' });
      await collect(chat(gateway.client(), input));
    }
    await using withoutProvider = await startTestGateway({ dataDir: folder.path });
    const seen = await collect(chat(withoutProvider.client(), input));

    expect(seen.at(-1)).toMatchObject({ __typename: 'RunCompleted', message: { content: words.join('') } });
    await expect(
      collect(chat(withoutProvider.client(), { ...input, requestId: 'story-2' })),
    ).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test('a follower gets a HistoryGap and then the whole message once the log has expired', async () => {
    await using gateway = await startScriptedGateway({ settings: { RUN_LOG_TTL_MS: '1' } });
    gateway.model.script([text(...words)]);
    const sessionId = await gateway.createSession();
    const live = await collect(chat(gateway.client(), { sessionId, prompt: 'Tell me a story.' }));
    const { runId, seq: lastSeq } = live.at(-1) ?? { runId: '', seq: 0 };

    await expect
      .poll(async () => (await collect(follow(gateway.client(), runId, 3))).map((seen) => seen.__typename))
      .toEqual(['HistoryGap', 'RunCompleted']);
    const [gap, end] = await collect(follow(gateway.client(), runId, 3));
    expect(gap).toMatchObject({ fromSeq: 4, toSeq: lastSeq - 1 });
    expect(end).toMatchObject({ seq: lastSeq, message: { content: words.join('') } });
    expect(await collect(follow(gateway.client(), runId, lastSeq - 1))).toMatchObject([{ seq: lastSeq }]);
    expect(await collect(follow(gateway.client(), runId, lastSeq))).toEqual([]);
  });

  test('a cursor in the future is refused, and no prompt is sent', async () => {
    const gateway = shared();
    gateway.model.script([text('Hi')]);
    const sessionId = await gateway.createSession();
    const live = await collect(chat(gateway.client(), { sessionId, prompt: 'Hi', requestId: 'one' }));
    const { runId, seq } = live.at(-1) ?? { runId: '', seq: 0 };

    for (const after of [seq + 1, 2 ** 31 - 1, -1]) {
      await expect(collect(follow(gateway.client(), runId, after))).rejects.toMatchObject({
        code: 'BAD_USER_INPUT',
        field: 'after',
      });
      const retry = { sessionId, prompt: 'Hi', requestId: 'one' };
      await expect(collect(chat(gateway.client(), retry, after))).rejects.toMatchObject({ field: 'after' });
      const fresh = { sessionId, prompt: 'Hi', requestId: 'two' };
      await expect(collect(chat(gateway.client(), fresh, after))).rejects.toMatchObject({ field: 'after' });
    }
    expect(gateway.model.requests).toHaveLength(1);
  });
});
