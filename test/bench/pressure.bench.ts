import { setTimeout as delay } from 'node:timers/promises';
import { type Chat, chat, createSession, percentile } from './chat-load.ts';
import { type ClockModel, startClockModel } from './clock-model.ts';
import { leaveFirstCore } from './pinned.ts';
import { startMain } from './servers.ts';

/**
 * Starts more chats than one core can answer. Measures how long the accepted answers take, and how many prompts are
 * refused. The baseline takes every prompt (`MAX_EVENT_LOOP_DELAY_MS=0`). Run it with
 * `tsx test/bench/pressure.bench.ts [chats a second] [seconds] [MAX_EVENT_LOOP_DELAY_MS …]`.
 */
const perSecond = Number(process.argv[2] ?? 50);
const lastsSeconds = Number(process.argv[3] ?? 30);
const thresholds = process.argv.length > 4 ? process.argv.slice(4) : ['default'];
/** An answer lasts eight seconds if no word is late. */
const [words, everyMs] = [400, 20];

async function measure(model: ClockModel, threshold: string): Promise<number> {
  await using gateway = await startMain({
    ...model.settings,
    ...(threshold !== 'default' && { MAX_EVENT_LOOP_DELAY_MS: threshold }),
  });
  const sessions: string[] = [];
  for (let n = 0; n < perSecond * lastsSeconds; n += 1) sessions.push(await createSession(gateway.port));
  const results: Promise<Chat>[] = [];
  const startedAt = performance.now();
  for (const [n, sessionId] of sessions.entries()) {
    await delay(startedAt + (n * 1_000) / perSecond - performance.now());
    results.push(chat(gateway.port, sessionId));
  }
  const chats = await Promise.all(results);

  const taken = chats.filter(({ refused }) => refused === undefined);
  const took = taken.map((each) => each.tookMs).sort((a, b) => a - b);
  const late = taken.flatMap((each) => each.lateness).sort((a, b) => a - b);
  const seconds = (part: number) => `${(percentile(took, part) / 1_000).toFixed(1)} s`;
  process.stdout.write(
    `MAX_EVENT_LOOP_DELAY_MS ${threshold}: of ${chats.length} prompts ${chats.length - taken.length} refused, ` +
      `${taken.filter(({ lost }) => lost).length} answers incomplete; an answer of 8 s took ${seconds(0.5)} (median), ` +
      `${seconds(0.9)} (90%), ${seconds(0.99)} (99%); a word was late by ${percentile(late, 0.5)} ms (median), ` +
      `${percentile(late, 0.99)} ms (99%)\n`,
  );
  return percentile(took, 0.99);
}

leaveFirstCore();
using model = await startClockModel(words, everyMs);
const without = await measure(model, '0');
for (const threshold of thresholds) {
  const ratio = (await measure(model, threshold)) / without;
  process.stdout.write(`99% of the answers took at most ${ratio.toFixed(2)}x the time without it\n`);
}
