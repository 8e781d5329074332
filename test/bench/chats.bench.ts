import { setTimeout as delay } from 'node:timers/promises';
import { chat, createSession, percentile } from './chat-load.ts';
import { startClockModel } from './clock-model.ts';
import { leaveFirstCore } from './pinned.ts';
import { processCpu } from './process-cpu.ts';
import { type BenchServer, startMain } from './servers.ts';

/**
 * Runs many chats at once through the whole gateway on one core. Measures whether text is lost, how many prompts are refused,
 * and how late the words of the model arrive. The baseline is one chat alone on the same gateway. Run it with
 * `tsx test/bench/chats.bench.ts [chats] [words] [delayMs] [gapMs]`. Without a gap between two prompts all chats begin at
 * once, and the words of the first ones wait until the last one has begun.
 */
const chats = Number(process.argv[2] ?? 1_000);
const words = Number(process.argv[3] ?? 500);
const delayMs = Number(process.argv[4] ?? 20);
const gapMs = Number(process.argv[5] ?? 0);

async function measure({ port, pid }: BenchServer, count: number): Promise<number> {
  const sessions: string[] = [];
  for (let n = 0; n < count; n += 1) sessions.push(await createSession(port));
  const [startedAt, cpuBefore] = [performance.now(), processCpu(pid)];
  const results = await Promise.all(
    sessions.map(async (sessionId, index) => {
      if (gapMs > 0) await delay(index * gapMs);
      return await chat(port, sessionId);
    }),
  );
  const seconds = (performance.now() - startedAt) / 1_000;
  const cpu = (processCpu(pid) - cpuBefore) / 1e6 / seconds;
  const lateness = results.flatMap((result) => result.lateness).sort((a, b) => a - b);
  const lost = results.filter((result) => result.lost).length;
  const refused = results.filter((result) => result.refused !== undefined).length;
  const p99 = percentile(lateness, 0.99);
  process.stdout.write(
    `${count} chats: ${lateness.length} words in ${seconds.toFixed(1)} s, ${lost} answers incomplete, ${refused} refused, ` +
      `late by ${percentile(lateness, 0.5)} ms (median), ${p99} ms (99%), ${percentile(lateness, 1)} ms (most), ${(cpu * 100).toFixed(0)}% of a core\n`,
  );
  return p99;
}

leaveFirstCore();
using model = await startClockModel(words, delayMs);
// Accept all prompts, because the benchmark measures how late their words arrive.
await using gateway = await startMain({ ...model.settings, MAX_EVENT_LOOP_DELAY_MS: '0' });
const alone = await measure(gateway, 1);
const together = await measure(gateway, chats);
process.stdout.write(`${chats} chats against one: 99% arrive ${together - alone} ms later\n`);
