import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage, request } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { longRecording } from './long-recording.ts';

/**
 * One transfer in a process of its own, the same for every server: `upload <url> <size> <form as JSON>`,
 * `download <url>` or `check <url>`, which hashes what comes. Prints a `Transfer`.
 */
export interface Transfer {
  seconds: number;
  /** Of an upload: the body of the response. Of a check: the SHA-256. */
  answer: string;
}

/** The form around a recording, and how the form is sent. */
export interface Form {
  method: 'PUT' | 'POST';
  headers: Record<string, string>;
  head: string;
  tail: string;
}

async function upload(url: string, size: number, { method, headers, head, tail }: Form): Promise<string> {
  const length = String(Buffer.byteLength(head) + size + Buffer.byteLength(tail));
  const sending = request(url, { method, headers: { ...headers, 'content-length': length } });
  const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
  sending.write(head);
  await pipeline(Readable.from(longRecording(size)), sending, { end: false });
  sending.end(tail);
  const [response] = await answered;
  const body = await text(response);
  if (response.statusCode !== 200) throw new Error(`${response.statusCode} ${body}`);
  return body;
}

async function download(url: string, use: (chunk: Buffer) => void): Promise<void> {
  const [response] = (await once(get(url), 'response')) as [IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`${response.statusCode} ${await text(response)}`);
  for await (const chunk of response) use(chunk);
}

async function check(url: string): Promise<string> {
  const hash = createHash('sha256');
  await download(url, (chunk) => hash.update(chunk));
  return hash.digest('hex');
}

const [what, url = '', size = '', form = ''] = process.argv.slice(2);
const startedAt = performance.now();
let answer = '';
if (what === 'upload') answer = await upload(url, Number(size), JSON.parse(form));
else if (what === 'check') answer = await check(url);
else await download(url, () => {});
const transfer: Transfer = { seconds: (performance.now() - startedAt) / 1_000, answer };
process.stdout.write(JSON.stringify(transfer));
