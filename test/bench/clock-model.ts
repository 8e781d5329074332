import { once } from 'node:events';
import { createServer } from 'node:http';
import { createOpenAIFormat } from '../support/model/openai.ts';

/** A model provider whose every word is the time at which it was sent, in milliseconds since 1970. */
export interface ClockModel extends Disposable {
  /** What a gateway must be given to ask it. */
  settings: Record<string, string>;
}

/**
 * Sends so many words to whoever asks, one in each interval, whether or not they keep up: where this process is late
 * itself, it sends all that are due.
 */
export async function startClockModel(words: number, everyMs: number): Promise<ClockModel> {
  const usage = { type: 'usage', input: 10, output: words, cached: 0, reasoning: 0, reported: true } as const;
  const format = createOpenAIFormat('clock', usage);
  const [withTime = ''] = format.content({ type: 'text', deltas: ['TIME '] });
  const [before, after] = withTime.split('TIME');
  const server = createServer((request, response) => {
    request.resume();
    // It says nothing of its models.
    if (request.method === 'GET') {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const startedAt = performance.now();
    let sent = 0;
    const timer = setInterval(() => {
      const due = Math.min(words, Math.floor((performance.now() - startedAt) / everyMs)) - sent;
      response.write(`${before}${Date.now()}${after}`.repeat(due));
      sent += due;
      if (sent < words) return;
      clearInterval(timer);
      response.end(format.finish('stop').join(''));
    }, everyMs);
    response.on('close', () => clearInterval(timer));
  });
  await once(server.listen(0, '127.0.0.1', 4_096), 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    settings: { MODEL: 'openai-compatible/clock', OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1` },
    [Symbol.dispose]: () => server.close(),
  };
}
