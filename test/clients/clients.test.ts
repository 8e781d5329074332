import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { generate } from 'openapi-typescript-codegen';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTemporaryFolder } from '../support/files/temporary-folder.ts';
import { jwtSettings, signJwt } from '../support/gateway/jwt.ts';
import { type ScriptedGateway, startScriptedGateway } from '../support/gateway/scripted-gateway.ts';
import { createTools } from '../support/gateway/tool-double.ts';
import { startCuttingProxy } from '../support/http/cutting-proxy.ts';
import { createGate, text, toolCall } from '../support/model/turn.ts';
import { connect as connectApollo } from './apollo/client.ts';
import { chat as chatDocument, createSession } from './documents.ts';
import { connect as connectEventSource } from './event-source/client.ts';
import { connect as connectGraphqlRequest } from './graphql-request/client.ts';
import { connect as connectGraphqlWs } from './graphql-ws/client.ts';
import { iterate } from './iterate.ts';
import { connect as connectRelay } from './relay/client.ts';
import type { Sink } from './resume.ts';
import { connect as connectUrql } from './urql/client.ts';

const run = promisify(execFile);

let gateway: ScriptedGateway;
let token = '';
beforeAll(async () => {
  const tools = createTools({ list_files: () => 'README.md' });
  gateway = await startScriptedGateway({ tools, settings: jwtSettings });
  token = await signJwt({ sub: 'alice' });
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** What every example must show of the same answer: text, a tool call, more text, of which the first half is cut off. */
interface Seen {
  /** The `seq` of each run event. */
  positions: number[];
  text: string;
  toolResult: unknown;
  end: string;
}

const answer = 'I look. \n\nThere is one file.';
const noSession = `mutation { sendMessage(input: { sessionId: "U2Vzc2lvbjo5OTk5", prompt: "Hi" }) { id } }`;

/** The model's answer waits at the gate until the connection was cut. */
function script() {
  const gate = createGate();
  gateway.model.reset();
  gateway.model.script(
    [text('I look. '), toolCall('c1', 'list_files', { path: '.' })],
    [text('There is '), gate, text('one file.')],
  );
  return gate;
}

function expectWhole({ positions, text: said, toolResult, end }: Seen): void {
  expect(said).toBe(answer);
  expect(toolResult).toBe('README.md');
  expect(end).toMatch(/^(RunCompleted|finish)$/);
  expect(positions).toEqual([...new Set(positions)].toSorted((a, b) => a - b));
  expect(gateway.model.requests).toHaveLength(2);
}

interface GraphQLExample {
  query(query: string, variables?: object): Promise<unknown>;
  chat(query: string, variables: object, sink: Sink): () => void;
  codeOf(error: unknown): unknown;
  close(): unknown;
}

const graphqlExamples: Record<string, (url: string) => GraphQLExample> = {
  'graphql-ws': (url) => connectGraphqlWs(url, token),
  urql: (url) => connectUrql(url, token),
  'urql over graphql-ws': (url) => connectUrql(url, token, 'ws'),
  'Apollo Client': (url) => connectApollo(url, token),
  'Apollo Client over graphql-ws': (url) => connectApollo(url, token, 'ws'),
  Relay: (url) => connectRelay(url, token),
  'graphql-request': (url) => connectGraphqlRequest(url, token),
};

describe.each(Object.entries(graphqlExamples))('%s', (name, connect) => {
  test(`${name} sends a chat, resumes behind the last event after a cut, and reads an error code`, async () => {
    const gate = script();
    await using proxy = await startCuttingProxy(gateway.url, ['There is ']);
    const client = connect(proxy.url);
    const { createSession: session } = (await client.query(createSession)) as {
      createSession: { id: string };
    };
    const input = { sessionId: session.id, prompt: 'What is here?', requestId: crypto.randomUUID() };
    const seen: Seen = { positions: [], text: '', toolResult: undefined, end: '' };
    const opened = gate.reached.then(async () => {
      await expect.poll(() => proxy.cuts).toBe(1);
      gate.release();
    });

    for await (const result of iterate((sink) => client.chat(chatDocument, { input }, sink))) {
      const event = result.data.chat ?? result.data.runEvents;
      seen.positions.push(event.seq);
      if (event.__typename === 'TextDelta') seen.text += event.text;
      if (event.__typename === 'ToolCallFinished') seen.toolResult = event.result;
      seen.end = event.__typename;
    }

    await opened;
    expectWhole(seen);
    const refused = await client.query(noSession).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(client.codeOf(refused)).toBe('NOT_FOUND');
    await client.close();
  });
});

/** Reads frames of the REST API, each with the id behind which a client resumes: the run and the `seq`. */
function readFrames(frames: { id: string; type: string; content?: unknown; result?: unknown }[]): Seen {
  const seen: Seen = { positions: [], text: '', toolResult: undefined, end: '' };
  for (const { id, type, content, result } of frames) {
    seen.positions.push(Number(id.split(':')[1]));
    if (type === 'content') seen.text += content;
    if (type === 'tool_result') seen.toolResult = result;
    seen.end = type;
  }
  // Several frames of one run event have its id.
  seen.positions = seen.positions.filter((position, at, all) => position !== all[at - 1]);
  return seen;
}

async function openRestChat() {
  const gate = script();
  const proxy = await startCuttingProxy(gateway.url, ['There is ']);
  const { createSession: session } = await gateway.as(token).query(createSession);
  const released = gate.reached.then(async () => {
    await expect.poll(() => proxy.cuts).toBe(1);
    gate.release();
  });
  return { proxy, session, released, [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose]() };
}

test('an EventSource opens the stream with a ticket, and resumes by itself after a cut', async () => {
  await using opened = await openRestChat();
  const client = connectEventSource(opened.proxy.url, token);
  const frames: Parameters<typeof readFrames>[0] = [];
  await client.chat({ sessionId: opened.session.id, prompt: 'What is here?' }, (frame) => frames.push(frame));
  await opened.released;
  expectWhole(readFrames(frames));
  const refused = await client.query(noSession).catch((error: unknown) => error);
  expect(client.codeOf(refused)).toBe('NOT_FOUND');
});

const hasPython = await run('python3', ['--version']).then(
  () => true,
  () => false,
);
if (!hasPython) process.stderr.write('There is no python3: the example of Python is skipped.\n');

test.each([
  ['curl', 'bash', 'curl/chat.sh', true],
  ['Python', 'python3', 'python/chat.py', hasPython],
])('%s chats over REST and resumes by Last-Event-ID after a cut', async (_name, program, file, isThere) => {
  if (!isThere) return;
  await using opened = await openRestChat();
  const path = `test/clients/${file}`;
  const env = { ...process.env, URL: opened.proxy.url, TOKEN: token };
  const { stdout } = await run(program, [path, String(opened.session.databaseId), 'What is here?'], { env });
  await opened.released;
  const frames = stdout
    .trim()
    .split('\n')
    .map((line) => ({ id: line.split(' ')[0], ...JSON.parse(line.slice(line.indexOf(' '))) }));
  expectWhole(readFrames(frames));
  await expect(run(program, [path, '9999', 'Hi'], { env })).rejects.toMatchObject({
    stderr: expect.stringMatching(/detail/),
  });
});

test('a client that is generated from openapi.json chats, reads the messages and an error', async () => {
  await using folder = await openTemporaryFolder();
  const input = await (await gateway.rest('/openapi.json')).json();
  await generate({ input, output: `${folder.path}/api`, clientName: 'Switchyard' });
  const bundle = `${folder.path}/example.mjs`;
  await build({
    entryPoints: ['test/clients/openapi/example.ts'],
    plugins: [
      {
        name: 'generated',
        setup: ({ onResolve }) =>
          onResolve({ filter: /^\.\/api\// }, () => ({ path: `${folder.path}/api/index.ts` })),
      },
    ],
    bundle: true,
    format: 'esm',
    platform: 'node',
    outfile: bundle,
  });
  script().release();
  const { stdout } = await run(process.execPath, [bundle], {
    env: { ...process.env, URL: gateway.url, TOKEN: token },
  });
  expect(JSON.parse(stdout)).toEqual({
    senders: ['user', 'assistant'],
    answer,
    status: 404,
    detail: expect.any(String),
  });
});

test('the page of each example shows the code that is tested', () => {
  const names = readdirSync('test/clients', { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  );
  expect(names.length).toBeGreaterThan(8);
  const index = readFileSync('test/clients/README.md', 'utf8');
  for (const name of names) {
    const folder = `test/clients/${name}`;
    expect(index).toContain(`(${name}/README.md)`);
    const page = readFileSync(`${folder}/README.md`, 'utf8');
    expect(page.split('\n').length, name).toBeLessThanOrEqual(41);
    const codes = readdirSync(folder).filter((file) => file !== 'README.md');
    for (const file of codes) expect(page, name).toContain(`(${file})`);
    for (const [, shown = ''] of page.matchAll(/^```(?:ts|sh|py)\n(.*?)^```/gms)) {
      const text = codes.map((file) => readFileSync(`${folder}/${file}`, 'utf8')).join('\n');
      expect(squeezed(text), name).toContain(squeezed(shown));
    }
  }
  expect(existsSync('test/clients/resume.ts')).toBe(true);
});

/** Without indentation, because a page shows a part of the code. */
function squeezed(code: string): string {
  return code.replace(/^[ \t]+/gm, '').trim();
}
