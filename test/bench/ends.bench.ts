import { Agent, request } from 'node:http';
import { createSession, percentile, query } from './chat-load.ts';
import { leaveFirstCore, startPinned } from './pinned.ts';
import { processCpu } from './process-cpu.ts';
import { serverOf, startMain } from './servers.ts';

/**
 * Measures what the beginning and the end of a chat cost: short chats with the demo model, which answers without delay.
 * The baseline is a bare `node:http` server in the same minutes, which reads a JSON body and answers with one event.
 * Run it with `tsx test/bench/ends.bench.ts [chats a round] [rounds] [chats at once]`.
 */
const chatsPerRound = Number(process.argv[2] ?? 250);
const rounds = Number(process.argv[3] ?? 4);
const atOnce = Number(process.argv[4] ?? 8);
/** Bare requests for each chat: they are too fast to be measured by as many. */
const bareForEach = 10;

const agent = new Agent({ keepAlive: true, maxSockets: atOnce });

const bareServer = `
  const server = require('node:http').createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk) => (body += chunk)).on('end', () => {
      JSON.parse(body);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('event: next\\ndata: {"data":{"chat":{"seq":1}}}\\n\\n');
      response.end();
    });
  });
  server.listen(0, '127.0.0.1', () => console.log('http://127.0.0.1:' + server.address().port));`;

/** Resolves with the milliseconds until the first event. */
function post(port: number, path: string, body: string): Promise<number> {
  const startedAt = performance.now();
  let firstAt = Number.NaN;
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
    const sent = request({ port, host: '127.0.0.1', path, method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        firstAt ||= performance.now() - startedAt;
        text += chunk;
      });
      response.on('end', () => {
        if (!text.includes('"seq":') || text.includes('"errors"')) reject(new Error(text));
        else resolve(firstAt);
      });
    });
    sent.on('error', reject).end(body);
  });
}

/** Sends the bodies, so many at once. Returns the processor time for each, and the times to the first events. */
async function measure(pid: number, port: number, path: string, bodies: readonly string[]) {
  const before = processCpu(pid);
  const waiting = [...bodies];
  const firsts: number[] = [];
  const client = async () => {
    for (let body = waiting.pop(); body !== undefined; body = waiting.pop()) {
      firsts.push(await post(port, path, body));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, client));
  return { ms: (processCpu(pid) - before) / 1_000 / bodies.length, firsts: firsts.sort((a, b) => a - b) };
}

leaveFirstCore();
await using gateway = await startMain({
  MODEL: 'demo',
  DEMO_DELAY_MS: '0',
  MAX_EVENT_LOOP_DELAY_MS: '0',
});
await using bare = await serverOf(startPinned([process.execPath, '-e', bareServer]));
try {
  const ratios: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const bodies: string[] = [];
    for (let n = 0; n < chatsPerRound; n += 1) {
      const input = { sessionId: await createSession(gateway.port), prompt: 'Say hello' };
      bodies.push(JSON.stringify({ query, variables: { input } }));
    }
    const chats = await measure(gateway.pid, gateway.port, '/graphql/stream', bodies);
    const repeated = Array.from({ length: bareForEach }, () => bodies).flat();
    const requests = await measure(bare.pid, bare.port, '/', repeated);
    // The first round warms both up.
    if (round === 0) continue;
    ratios.push(chats.ms / requests.ms);
    process.stdout.write(
      `a chat ${chats.ms.toFixed(2)} ms of processor time, first event after ${percentile(chats.firsts, 0.5).toFixed(1)} ms (median), ` +
        `${percentile(chats.firsts, 0.99).toFixed(1)} ms (99%); a bare request ${requests.ms.toFixed(3)} ms; ${(chats.ms / requests.ms).toFixed(0)}x\n`,
    );
  }
  const ascending = ratios.sort((a, b) => a - b);
  process.stdout.write(`a chat costs ${percentile(ascending, 0.5).toFixed(0)}x a bare request (median)\n`);
} finally {
  agent.destroy();
}
