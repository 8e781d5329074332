import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { WireFormat } from './format.ts';
import type { StatusStep, Turn } from './turn.ts';

/** Writes a turn to a response. Resolves when the response has ended or the client has disconnected (`gone`). */
export async function playTurn(
  turn: Turn,
  format: WireFormat,
  response: ServerResponse,
  options: { chunkBytes: number; gone: AbortSignal },
): Promise<void> {
  const orGone = createWait(options.gone);
  const send = (frames: string[]) => sendFrames(frames, response, { ...options, orGone });
  for (const step of turn) {
    if (options.gone.aborted) return;
    switch (step.type) {
      case 'usage':
        break;
      case 'status':
        return refuse(step, format, response);
      case 'gate':
        await orGone((done) => void step.pass().then(done));
        break;
      case 'silence':
        return orGone(() => {});
      case 'cut':
        response.destroy(new Error('The script cuts the connection.'));
        return;
      case 'end':
        response.end();
        return;
      case 'raw':
        await send([step.frame]);
        break;
      case 'errorChunk':
        await send([format.error(step.error)]);
        break;
      case 'finish':
        await send(format.finish(step.reason));
        response.end();
        return;
      default:
        await send(format.content(step));
    }
  }
  await send(format.finish(turn.some(({ type }) => type === 'toolCall') ? 'tool-calls' : 'stop'));
  response.end();
}

type Wait = (start: (done: () => void) => void) => Promise<void>;

/** Creates a function that waits for one thing at a time, and stops waiting when the client disconnects. */
function createWait(gone: AbortSignal): Wait {
  let wake = () => {};
  gone.addEventListener('abort', () => wake(), { once: true });
  return (start) =>
    new Promise((resolve) => {
      if (gone.aborted) return resolve();
      wake = resolve;
      start(resolve);
    });
}

/** Flushes each piece before the next, so that a later step can rely on it. */
async function sendFrames(
  frames: string[],
  response: ServerResponse,
  { chunkBytes, gone, orGone }: { chunkBytes: number; gone: AbortSignal; orGone: Wait },
): Promise<void> {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const frame of frames) {
    const bytes = Buffer.from(frame);
    for (let from = 0; from < bytes.length && !gone.aborted; from += chunkBytes) {
      await orGone((done) => response.write(bytes.subarray(from, from + chunkBytes), () => done()));
      if (bytes.length > chunkBytes) await nextTurn();
    }
  }
}

function refuse(step: StatusStep, format: WireFormat, response: ServerResponse): void {
  response.writeHead(step.status, { 'content-type': 'application/json', ...step.headers });
  response.end(step.body ?? format.errorBody(step.status, step.error));
}
