import { once } from 'node:events';
import { createServer } from 'node:http';
import { createOpenAIFormat } from '../support/model/openai.ts';

/** A model provider that sends the current time as each word, in milliseconds since 1970. */
export interface ClockModel extends Disposable {
  /** The settings with which a gateway uses this provider. */
  settings: Record<string, string>;
}

/**
 * Sends this many words in each response, one per interval, without waiting for a slow reader. If this process is
 * late, it sends all words that are due. One timer serves all responses: Node.js would serve thousands of timers that
 * are late before it reads from a socket again, and the clients are in this process.
 */
export async function startClockModel(words: number, everyMs: number): Promise<ClockModel> {
  const usage = {
    type: 'usage',
    input: 10,
    output: words,
    cached: 0,
    cacheWrite: 0,
    reasoning: 0,
    reported: true,
  } as const;
  const format = createOpenAIFormat('clock', usage);
  const [withTime = ''] = format.content({ type: 'text', deltas: ['TIME '] });
  const [before, after] = withTime.split('TIME');
  const writers = new Set<() => void>();
  const server = createServer((request, response) => {
    request.resume();
    // It does not list its models.
    if (request.method === 'GET') {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const startedAt = performance.now();
    let sent = 0;
    const writeDue = () => {
      const due = Math.min(words, Math.floor((performance.now() - startedAt) / everyMs)) - sent;
      if (due === 0) return;
      response.write(`${before}${Date.now()}${after}`.repeat(due));
      sent += due;
      if (sent < words) return;
      writers.delete(writeDue);
      response.end(format.finish('stop').join(''));
    };
    writers.add(writeDue);
    response.on('close', () => writers.delete(writeDue));
  });
  const timer = setInterval(() => {
    for (const writeDue of writers) writeDue();
  }, 1);
  await once(server.listen(0, '127.0.0.1', 4_096), 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    settings: { MODEL: 'openai-compatible/clock', OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1` },
    [Symbol.dispose]() {
      clearInterval(timer);
      server.close();
    },
  };
}
