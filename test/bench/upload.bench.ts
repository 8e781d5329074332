import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { encodeId } from '../../src/base/global-id.ts';
import { openTemporaryFolder } from '../support/files/temporary-folder.ts';
import { sha256Of } from './long-recording.ts';
import { median } from './report.ts';
import type { Form, Transfer } from './upload-client.ts';

/**
 * Uploads and downloads a large recording. Measures the time and the growth of the gateway's memory, against node:http
 * that pipes to a file and back. Both have the same client, in a process of its own, and they alternate. Judge by the
 * median, on a machine that does nothing else. Linux only; needs three times the size in the folder for temporary files.
 * Run it with `tsx test/bench/upload.bench.ts [megabytes] [rounds]`.
 */
const megabytes = Number(process.argv[2] ?? 1_024);
const rounds = Number(process.argv[3] ?? 5);
/** Milliseconds without work, after which V8 has returned the memory that the start needed. */
const restMs = 20_000;

interface Server {
  child: ChildProcess;
  url: string;
}

interface Measured {
  seconds: number;
  /** Seconds of processor time of all threads: in the process, and in the kernel for the process. */
  userSeconds: number;
  systemSeconds: number;
  /** The highest growth of resident memory, in megabytes. */
  growth: number;
}

const pathOf = (file: string) => fileURLToPath(new URL(file, import.meta.url));

async function start(file: string, args: string[], env: Record<string, string>): Promise<Server> {
  const child = spawn(process.execPath, [...process.execArgv, pathOf(file), ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(String(chunk))?.[0];
    if (url === undefined) continue;
    child.stdout.resume();
    return { child, url };
  }
  throw new Error('The server did not start.');
}

/** A boundary like curl's. A search for a long boundary is faster than for a short one. */
const boundary = `${'-'.repeat(24)}d74496d66958873e9QxTpL`;
const field = (name: string, value: string) =>
  `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const fileHead = (name: string) =>
  `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n`;
const formHeaders = { 'content-type': `multipart/form-data; boundary=${boundary}` };
const tail = `\r\n--${boundary}--\r\n`;
const plainForm: Form = { method: 'PUT', headers: {}, head: '', tail: '' };
const restForm: Form = { method: 'POST', headers: formHeaders, head: fileHead('file'), tail };

function graphqlForm(messageId: string): Form {
  const query =
    'mutation ($messageId: ID!, $file: Upload!) { uploadMessageAudio(messageId: $messageId, file: $file) { audio { sha256 } } }';
  const operations = JSON.stringify({ query, variables: { messageId, file: null } });
  const head = `${field('operations', operations)}${field('map', '{"0":["variables.file"]}')}${fileHead('0')}`;
  const headers = { ...formHeaders, 'apollo-require-preflight': 'true' };
  return { method: 'POST', headers, head, tail };
}

async function transfer(what: 'upload' | 'download' | 'check', ...args: string[]): Promise<Transfer> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...process.execArgv,
    pathOf('./upload-client.ts'),
    what,
    ...args,
  ]);
  return JSON.parse(stdout);
}

const upload = (url: string, size: number, form: Form) =>
  transfer('upload', url, String(size), JSON.stringify(form));

async function residentKb(pid: number, what: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${what}:\\s*(\\d+)`).exec(status)?.[1]);
}

async function cpuSeconds(pid: number): Promise<{ user: number; system: number }> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  // In ticks of a hundredth of a second.
  return { user: Number(fields[11]) / 100, system: Number(fields[12]) / 100 };
}

async function measure({ child: { pid = 0 } }: Server, work: () => Promise<Transfer>): Promise<Measured> {
  // Otherwise earlier writes that are still on their way to the disk would slow down this transfer.
  spawnSync('sync');
  // Sets the high-water mark to what is resident now.
  await writeFile(`/proc/${pid}/clear_refs`, '5');
  const [before, cpuBefore] = [await residentKb(pid, 'VmRSS'), await cpuSeconds(pid)];
  const { seconds } = await work();
  const growth = ((await residentKb(pid, 'VmHWM')) - before) / 1_024;
  const { user, system } = await cpuSeconds(pid);
  return { seconds, userSeconds: user - cpuBefore.user, systemSeconds: system - cpuBefore.system, growth };
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
  return encodeId('Message', 1);
}

await using folder = await openTemporaryFolder(tmpdir());
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

/** Measures every kind of upload and download, and the baselines. */
async function runAll(size: number, sha256: string): Promise<Record<string, Measured>> {
  const stored = async (url: string, form: Form) => {
    const sent = await upload(url, size, form);
    if (!sent.answer.includes(sha256)) throw new Error('The stored recording differs from the uploaded one.');
    return sent;
  };
  const results: Record<string, Measured> = {};
  results['node:http in'] = await measure(pipe, () => upload(pipe.url, size, plainForm));
  results['node:http out'] = await measure(pipe, () => transfer('download', pipe.url));
  await rm(copy);
  results['node:http in, synced'] = await measure(pipe, () => upload(`${pipe.url}/synced`, size, plainForm));
  await rm(copy);
  const graphqlUrl = `${gateway.url}/graphql`;
  results['GraphQL in'] = await measure(gateway, () => stored(graphqlUrl, graphqlForm(messageId)));
  await remove();
  results['REST in'] = await measure(gateway, () => stored(audioUrl, restForm));
  results['REST out'] = await measure(gateway, () => transfer('download', audioUrl));
  if ((await transfer('check', audioUrl)).answer !== sha256)
    throw new Error('The downloaded recording differs from the uploaded one.');
  await remove();
  return results;
}

try {
  const size = megabytes * 1_048_576;
  const sha256 = sha256Of(size);
  // Warm up: V8 compiles the hot code, lazy modules are loaded, and the kernel allocates its file cache.
  await runAll(size, sha256);
  await setTimeout(restMs);
  const all: Record<string, Measured>[] = [];
  for (let round = 0; round < rounds; round += 1) all.push(await runAll(size, sha256));
  const of = (name: string, what: keyof Measured) =>
    all.map((results) => results[name]?.[what] ?? Number.NaN);
  const report = (name: string, against: string[] = []) => {
    const seconds = of(name, 'seconds');
    const ratios = against.map((other) => {
      const others = of(other, 'seconds');
      const best = (Math.min(...seconds) / Math.min(...others)).toFixed(2);
      return `, ${(median(seconds) / median(others)).toFixed(2)}x ${other} in the median (${best}x at best)`;
    });
    const cpu = [median(of(name, 'userSeconds')), median(of(name, 'systemSeconds'))];
    process.stdout.write(
      `${name}: ${median(seconds).toFixed(2)} s [${Math.min(...seconds).toFixed(2)}-${Math.max(...seconds).toFixed(2)}], ` +
        `${cpu.map((value) => value.toFixed(2)).join(' + ')} s of processor time, ` +
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
