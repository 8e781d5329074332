import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chat, follow, type SeenRunEvent } from '../support/gateway/chat.ts';
import { approveCall } from '../support/gateway/tool-approval.ts';
import { unusedPort } from '../support/http/unused-port.ts';
import { reasoning, text, toolCall } from '../support/model/turn.ts';
import { registerNode } from '../support/node/nodes.ts';
import { openMachine } from '../support/process/agent-laptop.ts';
import { startAgent } from '../support/process/agent-process.ts';
import type { GatewayProcess } from '../support/process/gateway-process.ts';
import { startScriptedProcess } from '../support/process/scripted-process.ts';

const patience = { timeout: 120_000 };

/** The moments at which the gateway is killed: when its follower has seen this run event, or the tool has begun. */
const moments = [
  'RunStarted',
  'ToolCallStarted',
  'ToolApprovalRequested',
  'ToolApprovalDecided',
  'the tool has begun',
  'ToolOutputDelta',
  'ToolCallFinished',
] as const;

/** What a follower shows of an answer, by what it is told. */
function shownText(seen: readonly SeenRunEvent[]): string {
  return seen.reduce((shown, event) => {
    if (event.__typename === 'HistoryGap') return '';
    if (event.__typename === 'RunResumed') return event['content'] as string;
    return event.__typename === 'TextDelta' ? shown + event.text : shown;
  }, '');
}

const terminal = new Set(['RunCompleted', 'RunCancelled', 'RunFailed']);

test(
  'a gateway that is killed at any moment of a tool call runs nothing twice, and tells what it stores',
  patience,
  async () => {
    const port = String(await unusedPort());
    await using first = await startScriptedProcess({ PORT: port, NODE_GRACE_MS: '20000' });
    const { model } = first;
    await using machine = await openMachine();
    const token = await registerNode(first, 'laptop');
    await using _agent = await startAgent(first.url, { token, ...machine });
    let gateway: GatewayProcess = first;

    for (const [round, moment] of moments.entries()) {
      const mark = `ran-${round}`;
      // The tool ends when the file `go` is there, which the test writes after the next start.
      const command = `echo x >> ${mark}; echo begun; while [ ! -e go-${round} ]; do sleep 0.05; done; echo over`;
      const requestsBefore = model.requests.length;
      model.script(
        [reasoning('Hm.'), text('Let me. '), toolCall('a', 'run_command', { command })],
        [text('Done.')],
        [text('Done.')],
      );
      const input = { nodeIds: ['laptop'], toolApproval: 'ASK' };
      const sessionId = await gateway.createSession(input);
      const seen: SeenRunEvent[] = [];
      const runs = async () =>
        (await readFile(join(machine.workspace, mark), 'utf8').catch(() => '')).split('\n').length - 1;

      const letGo = () => writeFile(join(machine.workspace, `go-${round}`), '');
      /** Reads on until the run ends or the connection breaks. */
      const read = async (events: AsyncIterable<SeenRunEvent>, until?: (event: SeenRunEvent) => boolean) => {
        try {
          for await (const event of events) {
            seen.push(event);
            if (until?.(event)) return;
            if (event.__typename === 'ToolApprovalRequested') await approveCall(gateway, event);
          }
        } catch {
          // The gateway was killed.
        }
      };
      const isMoment = (event: SeenRunEvent) =>
        event.__typename === (moment === 'the tool has begun' ? 'ToolApprovalDecided' : moment);
      if (moment === 'ToolCallFinished') await letGo();
      await read(chat(gateway.client(), { sessionId, prompt: 'Build it', requestId: mark }), isMoment);
      if (moment === 'the tool has begun') await expect.poll(runs, { timeout: 20_000 }).toBe(1);
      gateway.kill('SIGKILL');
      await gateway.exited;
      gateway = await first.restart();
      await letGo();
      await read(follow(gateway.client(), seen[0]?.runId ?? '', seen.at(-1)?.seq ?? 0));

      const ends = seen.filter(({ __typename }) => terminal.has(__typename));
      expect(ends, moment).toHaveLength(1);
      const [end] = ends;
      const message = end?.['message'];
      const ran = await runs();
      expect(ran, moment).toBeLessThanOrEqual(1);
      const [call] = message.toolCalls;
      if (end?.__typename === 'RunCompleted') {
        expect(shownText(seen), moment).toBe(message.content);
        expect(message.content, moment).toBe('Let me. \n\nDone.');
        expect(call, moment).toMatchObject({ status: 'SUCCEEDED', result: expect.stringContaining('over') });
        expect(ran, moment).toBe(1);
      } else {
        // Its model was answering, or had been asked already.
        expect(end, moment).toMatchObject({ __typename: 'RunFailed', code: 'INTERRUPTED' });
        expect(['RunStarted', 'ToolCallFinished'], moment).toContain(moment);
      }
      // The model is asked for each step once. A step of which nothing was stored begins again, although the gateway that
      // was killed may have asked already.
      const most = moment === 'ToolCallFinished' ? 3 : 2;
      expect(model.requests.length - requestsBefore, moment).toBeLessThanOrEqual(most);
      const seqs = seen.filter(({ __typename }) => __typename !== 'HistoryGap').map(({ seq }) => seq);
      expect(seqs, moment).toEqual([...new Set(seqs)].toSorted((a, b) => a - b));
      model.reset();
    }
    await gateway[Symbol.asyncDispose]();
  },
);
