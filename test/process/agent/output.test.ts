import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { chat, collect } from '../../support/gateway/chat.ts';
import { text } from '../../support/model/turn.ts';
import { endsOf, outputOf, run } from '../../support/node/agent-calls.ts';
import { createNodeSession, registerNode } from '../../support/node/nodes.ts';
import { openMachine } from '../../support/process/agent-laptop.ts';
import { startAgent } from '../../support/process/agent-process.ts';
import { startScriptedProcess } from '../../support/process/scripted-process.ts';

const megabyte = 1_000_000;

/** Resets the peak of a process's memory use. */
function forgetPeak(pid: number): Promise<void> {
  return writeFile(`/proc/${pid}/clear_refs`, '5');
}

/** The peak of a process's memory use since the reset, in bytes: see VmHWM in proc_pid_status(5). */
async function peakOf(pid: number): Promise<number> {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1_024;
}

test('100 MB of output need no memory in the agent and none in the gateway', {
  timeout: 120_000,
}, async () => {
  await using gateway = await startScriptedProcess();
  await using machine = await openMachine();
  const token = await registerNode(gateway, 'laptop');
  await using agent = await startAgent(gateway.url, { token, ...machine });
  const sessionId = await createNodeSession(gateway, ['laptop']);
  const print = async (bytes: number) => {
    gateway.model.script(
      [run(`yes 'line of output' | head -c ${bytes}; echo; echo the end`)],
      [text('Done.')],
    );
    return collect(chat(gateway.client(), { sessionId, prompt: 'Print' }));
  };
  const pids = [agent.pid, gateway.pid];
  // The first output pays for everything that is loaded and allocated once.
  await print(10 * megabyte);
  await Promise.all(pids.map(forgetPeak));
  const before = await Promise.all(pids.map(peakOf));

  const seen = await print(100 * megabyte);

  const after = await Promise.all(pids.map(peakOf));
  const grown = after.map((peak, index) => peak - (before[index] ?? 0));
  expect(Math.max(...grown)).toBeLessThan(50 * megabyte);
  const [end] = Object.values(endsOf(seen));
  expect(end?.['result']).toMatch(
    /^(line of output\n)+[a-z ]*\n\[… 99\d{6} bytes cut …\]\n[a-z ]*\n(line of output\n)+[a-z ]*\nthe end\n$/,
  );
  expect(Buffer.byteLength(end?.['result'])).toBeLessThanOrEqual(32_768);
  const live = outputOf(seen, end?.['callId']);
  expect(live).toMatch(
    /^(line of output\n)+[a-z ]*\n\[… there is more output; the result has the end of it …\]\n$/,
  );
  expect(Buffer.byteLength(live)).toBeLessThanOrEqual(32_768);
});
