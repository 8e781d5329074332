import { connect } from 'node:net';

/** The result of one chat. */
export interface Chat {
  /** The error code, if the prompt was refused. */
  refused: string | undefined;
  /** Milliseconds from the prompt to the end of the answer. */
  tookMs: number;
  /** Milliseconds between each word of the model and its arrival at the client. */
  lateness: number[];
  /** Whether the streamed text differs from the stored text, or the connection broke before both were known. */
  lost: boolean;
}

/** Sends a prompt and asks for its text as it comes and as it is stored. Its variable is `input`. */
export const query =
  'subscription ($input: ChatInput!) { chat(input: $input) { __typename seq ... on TextDelta { text } ... on RunCompleted { message { content } } } }';

export async function createSession(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: 'mutation { createSession(input: {}) { id } }' }),
  });
  const { data } = (await response.json()) as { data: { createSession: { id: string } } };
  return data.createSession.id;
}

/** Sends a prompt to the clock model over a new socket, and reads to the end. */
export async function chat(port: number, sessionId: string): Promise<Chat> {
  const body = JSON.stringify({ query, variables: { input: { sessionId, prompt: 'What time is it?' } } });
  const startedAt = performance.now();
  const socket = connect(port, '127.0.0.1');
  socket.write(
    `POST /graphql/stream HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\naccept: text/event-stream\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  const lateness: number[] = [];
  let [text, rest] = ['', ''];
  let [stored, refused]: (string | undefined)[] = [];
  try {
    for await (const chunk of socket.setEncoding('utf8')) {
      const now = Date.now();
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (!line.startsWith('data: {')) continue;
        const { data, errors } = JSON.parse(line.slice(6));
        refused ??= errors?.[0].extensions.code;
        const event = data?.chat;
        for (const time of event?.text?.trim().split(' ') ?? []) lateness.push(now - Number(time));
        text += event?.text ?? '';
        if (event?.__typename === 'RunCompleted') stored = event.message.content;
      }
    }
  } catch (error) {
    // An overloaded gateway may reset a connection whose request it has not read in time.
    if (!(error instanceof Error && 'code' in error && error.code === 'ECONNRESET')) throw error;
  }
  return {
    refused,
    tookMs: performance.now() - startedAt,
    lateness,
    lost: refused === undefined && stored !== text,
  };
}

/** @param ascending All values, the smallest first. */
export function percentile(ascending: readonly number[], part: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * part))] ?? Number.NaN;
}
