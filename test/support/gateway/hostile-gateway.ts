import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { sendRaw } from '../http/raw-http.ts';
import { type GatewayProcess, startGatewayProcess, startLastingGateway } from '../process/gateway-process.ts';
import { fileForm, memo, uploadByRest } from './audio-upload.ts';
import { chat, collect, type SeenRunEvent } from './chat.ts';
import { openMigratedFolder } from './migrated-folder.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const secret = 'sk-of-the-operator-only';
/** Milliseconds. Every response comes sooner, also on a busy machine. */
const deadlineMs = 15_000;
const errorLevel = 50;

/** A response that was checked for secrets and internals. */
export interface HostileAnswer {
  status: number;
  headers: Headers;
  text: string;
}

interface HostileInit extends RequestInit {
  /** Disconnects when this text was read. For streams that the gateway does not end. */
  until?: string;
}

/** A gateway in a process of its own with things to attack: a key, a database, and alice's session 1. */
export interface HostileGateway extends Omit<GatewayProcess, typeof Symbol.asyncDispose> {
  /** The global id of alice's session. Message 1 of the session has a recording. */
  sessionId: string;
  /** Sends a request with `fetch`. Fails if the response is a fault of the gateway or shows internals. */
  attack(path: string, init?: HostileInit): Promise<HostileAnswer>;
  /** Sends these bytes and reads until the gateway closes the connection. Fails as `attack` does. */
  attackRaw(request: string | Uint8Array): Promise<HostileAnswer>;
  /**
   * Fails unless a chat works and the gateway has logged no failure since it was checked last. While the gateway is overloaded,
   * the chat is tried again when the refusal says.
   */
  expectUnharmed(): Promise<void>;
}

const defaults = { MODEL: 'demo', OPENAI_API_KEY: secret, MAX_AUDIO_BYTES: '1000000' };

let shared: Promise<HostileGateway> | undefined;

/**
 * The hostile gateway that all files in this process share: a start costs more than the tests of most files. A gateway
 * that has ended is replaced, so that one file that kills it fails alone. Message 1 has its first recording again.
 */
export async function shareHostileGateway(): Promise<HostileGateway> {
  shared ??= startShared();
  const gateway = await shared;
  await upload(gateway);
  return gateway;
}

async function startShared(): Promise<HostileGateway> {
  const { path } = await openMigratedFolder();
  const gateway = await startLastingGateway({ ...defaults, DATA_DIR: path });
  void gateway.exited.then(() => {
    shared = undefined;
  });
  return prepare(gateway, path);
}

/** @param settings Added to the defaults. */
export async function startHostileGateway(
  settings: Record<string, string>,
): Promise<HostileGateway & AsyncDisposable> {
  const folder = await openMigratedFolder();
  const gateway = await startGatewayProcess({ ...defaults, DATA_DIR: folder.path, ...settings });
  const hostile = await prepare(gateway, folder.path);
  await upload(hostile);
  return Object.assign(hostile, {
    async [Symbol.asyncDispose]() {
      gateway.kill('SIGKILL');
      await gateway.exited;
      await folder[Symbol.asyncDispose]();
    },
  });
}

async function upload({ url }: HostileGateway): Promise<void> {
  const rest = (path: string, init?: RequestInit) => fetch(`${url}/api/v1${path}`, init);
  expect((await uploadByRest({ rest }, 1, fileForm(memo))).status).toBe(200);
}

async function prepare(gateway: GatewayProcess, dataDir: string): Promise<HostileGateway> {
  let checkedLines = 0;
  const sessionId = await gateway.createSession({ userId: 'alice', title: 'Alice’s own' });
  const harmless = createCheck([dataDir, root, secret]);
  await expectChat(gateway, sessionId);
  return Object.assign(gateway, {
    sessionId,
    async attack(path: string, { until, ...init }: HostileInit = {}) {
      const signal = AbortSignal.timeout(deadlineMs);
      const response = await fetch(gateway.url + path, { redirect: 'manual', signal, ...init });
      const { status, headers } = response;
      return harmless({ status, headers, text: await read(response, until) });
    },
    async attackRaw(request: string | Uint8Array) {
      const signal = AbortSignal.timeout(deadlineMs);
      return harmless(parseRaw(await sendRaw(gateway.url, request, signal)));
    },
    async expectUnharmed() {
      await expectChat(gateway, await gateway.createSession({ userId: 'carol' }));
      const lines = gateway.lines.slice(checkedLines);
      checkedLines += lines.length;
      expect(lines.filter(({ level }) => Number(level) >= errorLevel)).toEqual([]);
      expect(gateway.stderr).toBe('');
      expect(gateway.stdout).not.toContain(secret);
    },
  });
}

async function read(response: Response, until: string | undefined): Promise<string> {
  if (until === undefined || response.body === null) return response.text();
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes(until)) break;
  }
  return text;
}

async function expectChat(gateway: GatewayProcess, sessionId: string): Promise<void> {
  const seen = await askWithRetry(gateway, sessionId);
  expect(seen.at(-1)).toMatchObject({ __typename: 'RunCompleted', message: { status: 'COMPLETE' } });
  expect(seen.at(-1)?.['message'].content).toContain('144');
}

/** Sends a prompt. While a flood of requests keeps the gateway overloaded, sends it again when the refusal says. */
async function askWithRetry(gateway: GatewayProcess, sessionId: string): Promise<SeenRunEvent[]> {
  const deadline = AbortSignal.timeout(deadlineMs);
  for (;;) {
    try {
      return await collect(chat(gateway.client(), { sessionId, prompt: 'What is 12 * 12?' }));
    } catch (error) {
      const { code, retryAfter } = error as { code?: string; retryAfter?: number };
      if (code !== 'OVERLOADED') throw error;
      await delay(Number(retryAfter) * 1_000, undefined, { signal: deadline });
    }
  }
}

/** Statuses from 500 on are faults of the gateway, except 503 and 507, which `src/http/ERRORS.md` lists as refusals. */
function createCheck(secrets: string[]) {
  const ours =
    /\n\s+at |node_modules|\.[cm]?[jt]s:\d|SQLITE_|prisma\.|`main`|Internal Server Error|went wrong/i;
  return (answer: HostileAnswer): HostileAnswer => {
    const { status, headers, text } = answer;
    expect(status < 500 || status === 503 || status === 507, `${status} ${text}`).toBe(true);
    const told = `${JSON.stringify([...headers])}${text}`;
    expect(told).not.toMatch(ours);
    expect(secrets.filter((value) => told.includes(value))).toEqual([]);
    return answer;
  };
}

/** Parses the first response in the received text. Status 0: the connection was closed without a response. */
function parseRaw(received: string): HostileAnswer {
  const [head = '', ...rest] = received.split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers.append(line.slice(0, colon), line.slice(colon + 1));
  }
  return { status: Number(statusLine.split(' ')[1] ?? 0), headers, text: rest.join('\r\n\r\n') };
}
