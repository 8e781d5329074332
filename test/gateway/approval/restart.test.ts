import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openTemporaryFolder } from '../../support/files/temporary-folder.ts';
import { collect, follow, type SeenRunEvent, until } from '../../support/gateway/chat.ts';
import { openMigratedFolder } from '../../support/gateway/migrated-folder.ts';
import { usesPostgres } from '../../support/gateway/postgres-database.ts';
import { startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import {
  approveCall,
  approveCallAs,
  createGuardedTools,
  denyCall,
  type GuardedChat,
  startGuardedChat,
  toolCallsOf,
} from '../../support/gateway/tool-approval.ts';
import { createGate, reasoning, text, toolCall } from '../../support/model/turn.ts';

const cancelRun = `mutation ($runId: ID!) { cancelRun(input: { runId: $runId }) { cancelled } }`;

/** Sends a prompt, follows the run until a tool call waits for an approval, and disconnects. */
async function asked(session: GuardedChat): Promise<SeenRunEvent> {
  session.model.script([reasoning('Hm.'), text('Let me. '), toolCall('w', 'write', { path: 'a' })]);
  return (await until(session.ask(), 'ToolApprovalRequested')).at(-1) as SeenRunEvent;
}

/** A gateway on the data of one that has ended, with a model that says `Done.`. */
async function startNext(dataDir: string, settings: Record<string, string> = {}) {
  const tools = createGuardedTools();
  const gateway = await startScriptedGateway({ dataDir, tools, settings });
  gateway.model.script([text('Done.')]);
  return { gateway, tools };
}

/** The files that a crash would leave at this moment, without the lock that the kernel would release. */
async function copyOf(dataDir: string, to: string): Promise<string> {
  const left = join(to, 'left');
  await cp(dataDir, left, { recursive: true });
  await rm(join(left, 'gateway.lock'));
  return left;
}

const namesOf = (seen: SeenRunEvent[]) => seen.map(({ __typename }) => __typename);

describe('a run that waits for an approval when its gateway is told to stop', () => {
  test('goes on at the next start, and its call runs when it is approved there', async () => {
    await using folder = await openMigratedFolder();
    const session = await startGuardedChat({ DATA_DIR: folder.path });
    const call = await asked(session);
    await session[Symbol.asyncDispose]();

    const { gateway, tools } = await startNext(folder.path);
    await using _ = gateway;
    const seen: SeenRunEvent[] = [];
    for await (const event of follow(gateway.client(), call.runId, call.seq)) {
      seen.push(event);
      if (event.__typename === 'ToolApprovalRequested') {
        expect(event).toMatchObject({ callId: 'w', args: { path: 'a' }, expiresAt: call['expiresAt'] });
        expect(tools.requests).toEqual([]);
        expect((await approveCall(gateway, event)).errors).toBeUndefined();
      }
    }
    expect(namesOf(seen)).toEqual([
      'HistoryGap',
      'RunResumed',
      'ToolCallStarted',
      'ToolApprovalRequested',
      'ToolApprovalDecided',
      'ToolCallFinished',
      'TextDelta',
      'UsageReported',
      'RunCompleted',
    ]);
    expect(seen[0]).toMatchObject({ fromSeq: call.seq + 1, toSeq: (seen[1]?.seq ?? 0) - 1 });
    expect(seen[1]).toMatchObject({
      content: 'Let me. ',
      textOffset: 8,
      resumedReasoning: 'Hm.',
      reasoningOffset: 3,
    });
    const seqs = seen.slice(1).map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_seq, index) => (seqs[0] ?? 0) + index));
    expect(seen.at(-1)?.['message']).toMatchObject({
      content: 'Let me. \n\nDone.',
      reasoning: 'Hm.',
      toolCalls: [{ callId: 'w', status: 'SUCCEEDED', result: 'written' }],
    });
    expect(tools.requests).toMatchObject([{ callId: 'w', args: { path: 'a' } }]);
    expect(gateway.model.requests.at(-1)?.body['messages']).toMatchObject([
      { role: 'user' },
      { role: 'assistant', tool_calls: [{ id: 'w' }] },
      { role: 'tool', tool_call_id: 'w', content: 'written' },
    ]);
  });

  test('goes on at the next start, and its call runs there with the arguments that a person gives it', async () => {
    await using folder = await openMigratedFolder();
    const session = await startGuardedChat({ DATA_DIR: folder.path });
    const call = await asked(session);
    await session[Symbol.asyncDispose]();

    const { gateway, tools } = await startNext(folder.path);
    await using _ = gateway;
    expect((await approveCallAs(gateway, call, { args: { path: 'b' } })).errors).toBeUndefined();
    const seen = await collect(follow(gateway.client(), call.runId));
    expect(seen.at(-1)).toMatchObject({ __typename: 'RunCompleted' });
    expect(tools.requests).toMatchObject([{ callId: 'w', args: { path: 'b' } }]);
    expect(gateway.model.requests.at(-1)?.body['messages']).toMatchObject([
      { role: 'user' },
      { role: 'assistant', tool_calls: [{ function: { arguments: '{"path":"a"}' } }] },
      { content: '[The user changed the arguments of this call to {"path":"b"}.]\nwritten' },
    ]);
  });

  test('can be cancelled at the next start', async () => {
    await using folder = await openMigratedFolder();
    const session = await startGuardedChat({ DATA_DIR: folder.path });
    const call = await asked(session);
    await session[Symbol.asyncDispose]();

    const { gateway, tools } = await startNext(folder.path);
    await using _ = gateway;
    const { data } = await gateway.graphql(cancelRun, { runId: call.runId });
    expect(data.cancelRun.cancelled).toBe(true);
    const last = (await collect(follow(gateway.client(), call.runId))).at(-1);
    expect(last).toMatchObject({ __typename: 'RunCancelled', message: { content: 'Let me. ' } });
    expect(tools.requests).toEqual([]);
    expect(await toolCallsOf(gateway, call.runId)).toMatchObject([{ status: 'CANCELLED', stopped: true }]);
  });

  test('is denied at the next start if its time was over before', async () => {
    await using folder = await openMigratedFolder();
    const session = await startGuardedChat({ DATA_DIR: folder.path });
    const call = await asked(session);
    // The running gateway knows the time already; the next one reads it.
    await session.services.database.toolCall.updateMany({ data: { expiresAt: new Date(Date.now() - 1) } });
    await session[Symbol.asyncDispose]();

    const { gateway, tools } = await startNext(folder.path);
    await using _ = gateway;
    const seen = await collect(follow(gateway.client(), call.runId));
    expect(seen.find(({ __typename }) => __typename === 'ToolApprovalDecided')).toMatchObject({
      decision: 'EXPIRED',
      decidedBy: null,
    });
    expect(seen.at(-1)).toMatchObject({ __typename: 'RunCompleted' });
    expect(tools.requests).toEqual([]);
  });
});

// What a crash leaves is a copy of the files of SQLite.
describe.skipIf(usesPostgres)('a run that waits for an approval when its gateway is killed', () => {
  test('goes on, also when that happens several times, and a decision that was made before counts', async () => {
    await using folder = await openTemporaryFolder();
    const first = join(folder.path, 'data');
    await using session = await startGuardedChat({ DATA_DIR: first });
    const call = await asked(session);
    const second = await copyOf(first, join(folder.path, '2'));

    const { gateway: again } = await startNext(second);
    const resumed = (await until(follow(again.client(), call.runId), 'ToolApprovalRequested')).at(-1);
    expect((await denyCall(again, call, 'Never.')).errors).toBeUndefined();
    const third = await copyOf(second, join(folder.path, '3'));
    await again[Symbol.asyncDispose]();

    const { gateway, tools } = await startNext(third);
    await using _ = gateway;
    const seen = await collect(follow(gateway.client(), call.runId, resumed?.seq));
    const decided = seen.filter(({ __typename }) => __typename === 'ToolApprovalDecided');
    expect(decided.length).toBeLessThanOrEqual(1);
    expect(seen.at(-1)).toMatchObject({
      __typename: 'RunCompleted',
      message: { content: 'Let me. \n\nDone.' },
    });
    expect(await toolCallsOf(gateway, call.runId)).toMatchObject([
      { callId: 'w', status: 'DENIED', result: 'The user denied this call: Never.' },
    ]);
    expect(tools.requests).toEqual([]);
    expect((await denyCall(gateway, call)).errors).toBeUndefined();
    expect((await approveCall(gateway, call)).errors).toMatchObject([{ extensions: { code: 'CONFLICT' } }]);
  });

  test('has its next step begun if all its calls have ended, and nothing of the step is stored', async () => {
    await using folder = await openTemporaryFolder();
    const first = join(folder.path, 'data');
    await using session = await startGuardedChat({ DATA_DIR: first });
    const gate = createGate();
    session.model.script([text('Let me. '), toolCall('r', 'read', {})], [gate]);
    const { runId } = (await until(session.ask(), 'ToolCallFinished')).at(-1) as SeenRunEvent;
    await gate.reached;

    const { gateway, tools } = await startNext(await copyOf(first, join(folder.path, '2')));
    await using _ = gateway;
    const seen = await collect(follow(gateway.client(), runId));
    expect(seen.at(-1)).toMatchObject({
      __typename: 'RunCompleted',
      message: { content: 'Let me. \n\nDone.', toolCalls: [{ callId: 'r', status: 'SUCCEEDED' }] },
    });
    expect(tools.requests).toEqual([]);
    gate.release();
  });
});
