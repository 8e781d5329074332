import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { openTemporaryFolder } from '../support/temporary-folder.ts';
import { wavHeader } from '../support/wav.ts';

/**
 * A large recording in and out of the gateway: time, and growth of its memory, against node:http that pipes to
 * a file and back. Judge by the median, on a machine that does nothing else. Linux only; takes three times the
 * size in the folder for temporary files. Run it with `tsx test/bench/upload.bench.ts [megabytes] [rounds]`.
 */
const megabytes = Number(process.argv[2] ?? 1_024);
const rounds = Number(process.argv[3] ?? 3);
/** Noise, as samples are to whoever looks for a boundary in them. */
const block = randomBytes(262_144);

interface Server {
  child: ChildProcess;
  url: string;
}

interface Form {
  headers: Record<string, string>;
  head: string;
  tail: string;
}

interface Measured {
  seconds: number;
  /** Of processor time, over all threads. */
  cpuSeconds: number;
  /** The most resident memory above what there was before, in megabytes. */
  growth: number;
}

async function start(file: string, args: string[], env: Record<string, string>): Promise<Server> {
  const script = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, script, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const chunk of child.stdout) {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(String(chunk))?.[0];
    if (url === undefined) continue;
    child.stdout.resume();
    return { child, url };
  }
  throw new Error('The server did not start.');
}

/** A WAV file of so many bytes; nothing of it is kept. */
function* recording(size: number): Generator<Buffer> {
  const header = wavHeader(size);
  yield header;
  for (let left = size - header.length; left > 0; left -= block.length) {
    yield left < block.length ? block.subarray(0, left) : block;
  }
}

function sha256Of(size: number): string {
  const hash = createHash('sha256');
  for (const chunk of recording(size)) hash.update(chunk);
  return hash.digest('hex');
}

/** As curl makes them: the longer it is, the faster it is found that it is not there. */
const boundary = `${'-'.repeat(24)}d74496d66958873e9QxTpL`;
const field = (name: string, value: string) =>
  `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const fileHead = (name: string) =>
  `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n`;
const formHeaders = { 'content-type': `multipart/form-data; boundary=${boundary}` };
const tail = `\r\n--${boundary}--\r\n`;
const plainForm: Form = { headers: {}, head: '', tail: '' };
const restForm: Form = { headers: formHeaders, head: fileHead('file'), tail };

function graphqlForm(messageId: string): Form {
  const query =
    'mutation ($messageId: ID!, $file: Upload!) { uploadMessageAudio(messageId: $messageId, file: $file) { audio { sha256 } } }';
  const operations = JSON.stringify({ query, variables: { messageId, file: null } });
  const head = `${field('operations', operations)}${field('map', '{"0":["variables.file"]}')}${fileHead('0')}`;
  return { headers: { ...formHeaders, 'apollo-require-preflight': 'true' }, head, tail };
}

async function upload(url: string, size: number, { headers, head, tail }: Form): Promise<string> {
  const length = String(Buffer.byteLength(head) + size + Buffer.byteLength(tail));
  const sending = request(url, {
    method: head === '' ? 'PUT' : 'POST',
    headers: { ...headers, 'content-length': length },
  });
  const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
  sending.write(head);
  await pipeline(Readable.from(recording(size)), sending, { end: false });
  sending.end(tail);
  const [response] = await answered;
  const body = await text(response);
  if (response.statusCode !== 200) throw new Error(`${response.statusCode} ${body}`);
  return body;
}

async function download(url: string, size: number, hash?: ReturnType<typeof createHash>): Promise<void> {
  const [response] = (await once(get(url), 'response')) as [IncomingMessage];
  let received = 0;
  for await (const chunk of response) {
    received += chunk.length;
    hash?.update(chunk);
  }
  if (received !== size) throw new Error(`Of ${size} bytes, ${received} came.`);
}

async function residentKb(pid: number, what: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${what}:\\s*(\\d+)`).exec(status)?.[1]);
}

async function cpuSeconds(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  // In ticks, of which there are a hundred in a second.
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function measure({ child: { pid = 0 } }: Server, work: () => Promise<unknown>): Promise<Measured> {
  // Or what was written before is still on its way to the disk, and slows down whoever comes next.
  spawnSync('sync');
  // Sets the high-water mark to what is resident now.
  await writeFile(`/proc/${pid}/clear_refs`, '5');
  const [before, cpuBefore] = [await residentKb(pid, 'VmRSS'), await cpuSeconds(pid)];
  const startedAt = performance.now();
  await work();
  const seconds = (performance.now() - startedAt) / 1_000;
  const growth = ((await residentKb(pid, 'VmHWM')) - before) / 1_024;
  return { seconds, cpuSeconds: (await cpuSeconds(pid)) - cpuBefore, growth };
}

async function graphql({ url }: Server, query: string, variables: object = {}) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data: Record<string, { id: string }>; errors?: [] };
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

/** Returns the global id of message 1. */
async function createMessage(gateway: Server): Promise<string> {
  const { createSession } = await graphql(gateway, 'mutation { createSession(input: {}) { id } }');
  const send = 'mutation ($input: ChatInput!) { sendMessage(input: $input) { id } }';
  await graphql(gateway, send, { input: { sessionId: createSession?.id, prompt: 'Listen' } });
  return Buffer.from('Message:1').toString('base64');
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

await using folder = await openTemporaryFolder();
const copy = join(folder.path, 'copy');
const pipe = await start('./pipe-server.ts', [copy], {});
const gateway = await start('../../src/main.ts', [], {
  PORT: '0',
  DATA_DIR: join(folder.path, 'data'),
  DEMO_DELAY_MS: '0',
  LOG_FORMAT: 'json',
  MAX_AUDIO_BYTES: String(megabytes * 1_048_576),
});
const messageId = await createMessage(gateway);
const audioUrl = `${gateway.url}/api/v1/sessions/messages/1/audio`;

const remove = () =>
  graphql(gateway, 'mutation ($id: ID!) { deleteMessageAudio(messageId: $id) { id } }', { id: messageId });
const stored = async (url: string, size: number, sha256: string, form: Form) => {
  if (!(await upload(url, size, form)).includes(sha256)) throw new Error('Something else was stored.');
};

/** Every way in and out, with what it is compared with. Its rounds are interleaved. */
async function runAll(size: number): Promise<Record<string, Measured>> {
  const sha256 = sha256Of(size);
  const results: Record<string, Measured> = {};
  results['node:http in'] = await measure(pipe, () => upload(pipe.url, size, plainForm));
  results['node:http out'] = await measure(pipe, () => download(pipe.url, size));
  await rm(copy);
  results['node:http in, synced'] = await measure(pipe, () => upload(`${pipe.url}/synced`, size, plainForm));
  await rm(copy);
  const graphqlUrl = `${gateway.url}/graphql`;
  results['GraphQL in'] = await measure(gateway, () =>
    stored(graphqlUrl, size, sha256, graphqlForm(messageId)),
  );
  await remove();
  results['REST in'] = await measure(gateway, () => stored(audioUrl, size, sha256, restForm));
  results['REST out'] = await measure(gateway, () => download(audioUrl, size));
  const hash = createHash('sha256');
  await download(audioUrl, size, hash);
  if (hash.digest('hex') !== sha256) throw new Error('Something else came back.');
  await remove();
  return results;
}

try {
  // Compiles what is compiled when it is hot, and loads what is loaded when it is needed.
  await runAll(16 * 1_048_576);
  const all: Record<string, Measured>[] = [];
  for (let round = 0; round < rounds; round += 1) all.push(await runAll(megabytes * 1_048_576));
  const of = (name: string, what: keyof Measured) =>
    all.map((results) => results[name]?.[what] ?? Number.NaN);
  const report = (name: string, against: string[] = []) => {
    const seconds = of(name, 'seconds');
    const ratios = against.map((other) => {
      const others = of(other, 'seconds');
      const best = Math.min(...seconds) / Math.min(...others);
      return `, ${best.toFixed(2)}x ${other} at best (${(median(seconds) / median(others)).toFixed(2)}x in the median)`;
    });
    process.stdout.write(
      `${name}: ${median(seconds).toFixed(2)} s [${Math.min(...seconds).toFixed(2)}-${Math.max(...seconds).toFixed(2)}], ` +
        `${median(of(name, 'cpuSeconds')).toFixed(2)} s of processor time, ` +
        `+${Math.max(...of(name, 'growth')).toFixed(0)} MB at most${ratios.join('')}\n`,
    );
  };
  process.stdout.write(`${megabytes} MB, ${rounds} rounds\n`);
  report('node:http in');
  report('node:http in, synced');
  report('node:http out');
  report('REST in', ['node:http in', 'node:http in, synced']);
  report('GraphQL in', ['node:http in', 'node:http in, synced']);
  report('REST out', ['node:http out']);
} finally {
  for (const { child } of [pipe, gateway]) {
    child.kill();
    await once(child, 'exit');
  }
}
