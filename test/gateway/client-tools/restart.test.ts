import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openTemporaryFolder } from '../../support/files/temporary-folder.ts';
import { chat, collect, follow, type SeenRunEvent, until } from '../../support/gateway/chat.ts';
import { answerCall, collectAnswering, locate, receiptOf } from '../../support/gateway/client-tools.ts';
import { openMigratedFolder } from '../../support/gateway/migrated-folder.ts';
import { usesPostgres } from '../../support/gateway/postgres-database.ts';
import { type ScriptedGateway, startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { toolCallsOf } from '../../support/gateway/tool-approval.ts';
import { reasoning, text, toolCall } from '../../support/model/turn.ts';

const asks = toolCall('q', 'ask_user', { question: 'Which?', schema: { enum: ['S', 'M'] } });
const calls = toolCall('l', 'get_location', { precision: 'city' });

/** Sends a prompt with tools, follows the run until both calls wait, and disconnects. */
async function waiting(gateway: ScriptedGateway): Promise<SeenRunEvent> {
  gateway.model.script([reasoning('Hm.'), text('Let me. '), asks, calls]);
  const sessionId = await gateway.createSession();
  const input = { sessionId, prompt: 'Go', tools: [locate], askUser: true };
  let seen = 0;
  for await (const event of chat(gateway.client(), input)) {
    if (event.__typename === 'ClientToolRequested') seen += 1;
    if (seen === 2) return event;
  }
  throw new Error('The run has ended.');
}

async function startNext(dataDir: string) {
  const gateway = await startScriptedGateway({ dataDir });
  gateway.model.script([toolCall('again', 'get_location', { precision: 'street' })], [text('Done.')]);
  return gateway;
}

/** The files that a crash would leave at this moment, without the lock that the kernel would release. */
async function copyOf(dataDir: string, to: string): Promise<string> {
  const left = join(to, 'left');
  await cp(dataDir, left, { recursive: true });
  await rm(join(left, 'gateway.lock'));
  return left;
}

const answers: Record<string, unknown> = { q: 'M', l: 'Lisbon', again: 'Rua Augusta' };
const ended = ['q', 'l', 'again'].map((callId) => ({ callId, status: 'SUCCEEDED', result: answers[callId] }));

describe('a run that waits for clients when its gateway is told to stop', () => {
  test('goes on at the next start, with the same tools, and an answer that was given before counts', async () => {
    await using folder = await openMigratedFolder();
    const first = await startScriptedGateway({ dataDir: folder.path });
    const call = await waiting(first);
    expect(receiptOf(await answerCall(first, { ...call, callId: 'q' }, { result: 'M' }))).toBe(
      'SUCCEEDED: M',
    );
    await first[Symbol.asyncDispose]();

    await using gateway = await startNext(folder.path);
    const seen = await collectAnswering(follow(gateway.client(), call.runId, call.seq), async (asked) => {
      const { callId = '' } = asked as { callId?: string };
      if (callId === 'l') expect(asked['expiresAt']).toBe(call['expiresAt']);
      await answerCall(gateway, asked, { result: answers[callId] });
    });
    expect(
      seen.slice(0, 4).map(({ __typename, callId }) => [__typename, callId].filter(Boolean).join(' ')),
    ).toEqual(['HistoryGap', 'RunResumed', 'ToolCallStarted q', 'ToolCallFinished q']);
    expect(seen.at(-1)).toMatchObject({
      __typename: 'RunCompleted',
      message: { content: 'Let me. \n\nDone.', toolCalls: ended },
    });
    expect(gateway.model.requests.at(-1)?.body).toMatchObject({
      tools: [{ function: { name: 'get_location' } }, { function: { name: 'ask_user' } }],
    });
  });

  test('fails its calls at the next start if their time was over before', async () => {
    await using folder = await openMigratedFolder();
    const first = await startScriptedGateway({ dataDir: folder.path });
    const call = await waiting(first);
    await first.services.database.toolCall.updateMany({ data: { expiresAt: new Date(Date.now() - 1) } });
    await first[Symbol.asyncDispose]();

    await using gateway = await startScriptedGateway({ dataDir: folder.path });
    gateway.model.script([text('Done.')]);
    const seen = await collect(follow(gateway.client(), call.runId));
    expect(seen.at(-1)).toMatchObject({ __typename: 'RunCompleted' });
    expect(await toolCallsOf(gateway, call.runId)).toMatchObject([
      { callId: 'q', status: 'FAILED', errorCode: 'CLIENT_TIMEOUT' },
      { callId: 'l', status: 'FAILED', errorCode: 'CLIENT_TIMEOUT' },
    ]);
  });

  test('can be cancelled at the next start', async () => {
    await using folder = await openMigratedFolder();
    const first = await startScriptedGateway({ dataDir: folder.path });
    const call = await waiting(first);
    await first[Symbol.asyncDispose]();

    await using gateway = await startScriptedGateway({ dataDir: folder.path });
    const cancel = 'mutation ($id: ID!) { cancelRun(input: { runId: $id }) { cancelled } }';
    expect((await gateway.query(cancel, { id: call.runId })).cancelRun).toEqual({ cancelled: true });
    expect(await toolCallsOf(gateway, call.runId)).toMatchObject([
      { callId: 'q', status: 'CANCELLED', stopped: true },
      { callId: 'l', status: 'CANCELLED', stopped: false },
    ]);
  });
});

// What a crash leaves is a copy of the files of SQLite.
describe.skipIf(usesPostgres)('a run that waits for clients when its gateway is killed', () => {
  test('goes on, also when that happens several times and in the middle of an answer', async () => {
    await using folder = await openTemporaryFolder();
    const first = join(folder.path, 'data');
    await using before = await startScriptedGateway({ settings: { DATA_DIR: first } });
    const call = await waiting(before);
    const second = await copyOf(first, join(folder.path, '2'));

    const again = await startScriptedGateway({ dataDir: second });
    const resumed = (await until(follow(again.client(), call.runId), 'ClientToolRequested')).at(-1);
    await answerCall(again, { ...call, callId: 'q' }, { result: 'M' });
    const third = await copyOf(second, join(folder.path, '3'));
    await again[Symbol.asyncDispose]();

    await using gateway = await startNext(third);
    // The client missed the response, and sends the same answer again.
    expect(receiptOf(await answerCall(gateway, { ...call, callId: 'q' }, { result: 'M' }))).toBe(
      'SUCCEEDED: M',
    );
    const seen = await collectAnswering(follow(gateway.client(), call.runId, resumed?.seq), async (asked) => {
      await answerCall(gateway, asked, { result: answers[String(asked['callId'])] });
    });
    expect(seen.at(-1)).toMatchObject({ __typename: 'RunCompleted', message: { toolCalls: ended } });
  });
});
