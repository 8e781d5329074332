/** How long the gateway may take for the beginning of an answer, and between two pieces of it, in milliseconds. */
export const patienceMs = 120_000;
/** Most bytes of an answer in JSON: a folder with 100,000 files takes 40 MB. */
const maxJsonBytes = 134_217_728;
/** Most characters of a line: the entry of a file of 100 GB has 2 million. */
const maxLineLength = 4_194_304;

/** Does a part of a request with a signal that aborts with `signal`, or when it takes too long. */
export async function inTime<T>(signal: AbortSignal, work: (limit: AbortSignal) => Promise<T>): Promise<T> {
  const limit = new AbortController();
  const onAbort = () => limit.abort(signal.reason);
  const timer = setTimeout(() => limit.abort(late()), patienceMs);
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  try {
    return await work(limit.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

/** The body of a response, as it arrives. Leaving the loop ends the response. */
export async function* bytesOf({ body }: Response, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  try {
    for (;;) {
      const { value, done } = await inTime(signal, (limit) => unlessAborted(reader.read(), limit));
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

export async function readJson(response: Response, signal: AbortSignal): Promise<unknown> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of bytesOf(response, signal)) {
    length += piece.length;
    if (length > maxJsonBytes) throw new Error('The answer of the gateway is too large.');
    pieces.push(piece);
  }
  return JSON.parse(Buffer.concat(pieces).toString());
}

/** The lines of a text in UTF-8, without empty ones. */
export async function* readLines(source: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of source) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > maxLineLength) throw new Error('A line of the gateway is too long.');
    yield* lines.filter((line) => line !== '');
  }
  if (rest !== '') throw new Error('The answer of the gateway was cut off.');
}

function unlessAborted<T>(answer: Promise<T>, limit: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(limit.reason);
    limit.addEventListener('abort', onAbort, { once: true });
    if (limit.aborted) onAbort();
    answer.then(resolve, reject).finally(() => limit.removeEventListener('abort', onAbort));
  });
}

export function late(): Error {
  return new Error(`The gateway has sent nothing for ${patienceMs / 1_000} s.`);
}
