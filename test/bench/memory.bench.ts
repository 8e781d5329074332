import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { chat, collect, follow } from '../support/gateway/chat.ts';
import { startTestGateway } from '../support/gateway/gateway.ts';

/**
 * Repeats what clients do, and prints the heap after a garbage collection, the open files and the timers before it and
 * after each of four parts. After the first part, which fills caches, they must not grow. The open files include the
 * connections that the clients keep, which are in the same process. Run it on Linux with `tsx test/bench/memory.bench.ts [times]`.
 */
const times = Number(process.argv[2] ?? 500);

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** Runs `work` in four parts of `times`, eight at a time. */
async function measure(what: string, work: (n: number) => Promise<unknown>): Promise<void> {
  process.stdout.write(`${what}\n  before  ${await state()}\n`);
  for (let part = 1; part <= 4; part += 1) {
    let next = 0;
    const worker = async () => {
      while (next < times) await work(next++);
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    // Wait until the logs of the runs have expired.
    await delay(2_000);
    process.stdout.write(`  ${part} x ${times}  ${await state()}\n`);
  }
}

async function state(): Promise<string> {
  for (let round = 0; round < 3; round += 1) {
    collectGarbage();
    await delay(100);
  }
  const heap = (process.memoryUsage().heapUsed / 1_048_576).toFixed(1);
  const timers = process.getActiveResourcesInfo().filter((each) => each === 'Timeout').length;
  return `${heap} MB, ${readdirSync('/proc/self/fd').length} files, ${timers} timers`;
}

await using gateway = await startTestGateway({ settings: { RUN_LOG_TTL_MS: '1000' } });
const sessionId = await gateway.createSession();
const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Count to 3.' }));
const runId = seen[0]?.runId ?? '';

await measure('chats', async () => {
  const own = await gateway.createSession();
  await collect(chat(gateway.client(), { sessionId: own, prompt: 'Count to 30.' }));
});

await measure('chats whose client leaves, and whose session is deleted', async () => {
  const own = await gateway.createSession();
  for await (const _event of chat(gateway.client(), { sessionId: own, prompt: 'Write 300 words.' })) break;
  await gateway.graphql('mutation ($id: ID!) { deleteSession(id: $id) { deletedSessionId } }', { id: own });
});

await measure('followers of an ended run', () => collect(follow(gateway.client(), runId)));

await measure('subscriptions that are refused', () =>
  collect(follow(gateway.client(), 'UnVuOjk5OTk5OQ==')).catch(() => undefined),
);

await measure('uploads that are refused before their body was read', async () => {
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  socket.on('error', () => {}).resume();
  socket.write(
    'POST /api/v1/sessions/messages/999/audio HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300000\r\n' +
      'Content-Type: multipart/form-data; boundary=b\r\n\r\n',
  );
  socket.write(Buffer.alloc(100_000));
  await new Promise((resolve) => socket.once('data', resolve).once('close', resolve));
  socket.destroy();
});
