import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Chat,
  chat,
  createSession,
  leaveFirstCore,
  percentile,
  startBenchGateway,
} from './chat-load.ts';

/**
 * More chats begin than one core can answer: how late do the run events of those at work arrive, and how many
 * prompts are refused? The baseline takes every prompt (`MAX_EVENT_LOOP_DELAY_MS=0`). Run it with
 * `tsx test/bench/pressure.bench.ts [chats a second] [seconds] [MAX_EVENT_LOOP_DELAY_MS …]`.
 */
const perSecond = Number(process.argv[2] ?? 100);
const seconds = Number(process.argv[3] ?? 20);
const thresholds = process.argv.length > 4 ? process.argv.slice(4) : ['default'];
/** Each lasts eight seconds where nothing is late. */
const [words, delayMs] = [400, 20];

async function measure(threshold: string): Promise<number> {
  const dataDir = await mkdtemp(join(tmpdir(), 'switchyard-bench-'));
  const { child, port } = await startBenchGateway({
    DATA_DIR: dataDir,
    DEMO_DELAY_MS: String(delayMs),
    ...(threshold !== 'default' && { MAX_EVENT_LOOP_DELAY_MS: threshold }),
  });
  const sessions: string[] = [];
  for (let n = 0; n < perSecond * seconds; n += 1) sessions.push(await createSession(port));
  const results: Promise<Chat>[] = [];
  const startedAt = performance.now();
  for (const [n, sessionId] of sessions.entries()) {
    await delay(startedAt + (n * 1_000) / perSecond - performance.now());
    results.push(chat(port, sessionId, words));
  }
  const chats = await Promise.all(results);
  child.kill();
  await once(child, 'exit');
  await rm(dataDir, { recursive: true });

  const refused = chats.filter((each) => each.refused !== undefined).length;
  const lateness = chats.flatMap((each) => each.lateness).sort((a, b) => a - b);
  const p99 = percentile(lateness, 0.99);
  process.stdout.write(
    `MAX_EVENT_LOOP_DELAY_MS ${threshold}: of ${chats.length} prompts ${refused} refused, ` +
      `${chats.filter(({ lost }) => lost).length} answers incomplete, late by ${percentile(lateness, 0.5)} ms (median), ` +
      `${percentile(lateness, 0.9)} ms (90%), ${p99} ms (99%)\n`,
  );
  return p99;
}

leaveFirstCore();
const without = await measure('0');
for (const threshold of thresholds) {
  const ratio = (await measure(threshold)) / without;
  process.stdout.write(`99% of the run events arrive after ${ratio.toFixed(2)}x the time without it\n`);
}
