import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../../../src/config/config.ts';
import { startGateway } from '../../../src/gateway.ts';
import { createLog } from '../../../src/log.ts';
import { openMigratedFolder } from '../../support/gateway/migrated-folder.ts';
import {
  apiKey,
  modelSettings,
  modelsByFormat,
  type SettingFormat,
} from '../../support/gateway/model-gateway.ts';
import { type ModelServer, startModelServer } from '../../support/model/model-server.ts';
import { cutSocket, errorChunk, garbage, raw, status, type Turn, text } from '../../support/model/turn.ts';

const stack = 'at Object.answer (/srv/model/server.js:12:34)';
const prompt = 'Diary of Alice';
let model: ModelServer;
let alice: Awaited<ReturnType<typeof startLogged>>;
/** A gateway whose provider is gone. */
let bob: typeof alice;
let goneAddress: string;

beforeAll(async () => {
  model = await startModelServer();
  alice = await startLogged(model);
  const gone = await startModelServer();
  bob = await startLogged(gone);
  goneAddress = new URL(gone.openaiUrl).host;
  await gone[Symbol.asyncDispose]();
});
afterAll(async () => {
  await alice[Symbol.asyncDispose]();
  await bob[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
});

/** A gateway that logs everything, and what it has logged. */
async function startLogged(server: ModelServer) {
  const folder = await openMigratedFolder();
  const settings = { ...modelSettings(server, 'openai'), MODEL_MAX_RETRIES: '0', LOG_LEVEL: 'trace' };
  const config = readConfig({ ...settings, PORT: '0', DATA_DIR: folder.path });
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const gateway = await startGateway(config, createLog({ level: 'trace', format: 'json', destination }));
  return {
    url: gateway.url,
    lines,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** The error of a careless provider, which reveals all that it knows. */
function careless() {
  return { message: `Key ${apiKey} failed at ${model.openaiUrl}/x for "${prompt}"\n    ${stack}` };
}

const failures: [name: string, turn: () => Turn][] = [
  ['a refused key', () => [status(401, { error: careless() })]],
  ['a rejected request', () => [status(400, { error: careless() })]],
  ['an unknown model', () => [status(404, { error: careless() })]],
  ['a rate limit', () => [status(429, { error: careless() })]],
  ['an outage', () => [status(500, { body: `<pre>${careless().message}</pre>` })]],
  ['an error in the answer', () => [text('Hm'), errorChunk({ type: 'boom', ...careless() })]],
  ['garbage', () => [text('Hm'), garbage()]],
  ['garbage that quotes', () => [text('Hm'), raw(`data: {"${careless().message.split('\n')[0]}\n\n`)]],
  [
    'an error of another shape',
    () => [text('Hm'), raw(`data: ${JSON.stringify({ detail: [{ msg: careless().message }] })}\n\n`)],
  ],
  ['a cut connection', () => [cutSocket()]],
];

/** Sends the prompt, and returns everything that REST, GraphQL and the log say about its failure. */
async function fail({ url, lines }: typeof alice, format: SettingFormat) {
  const send = async (query: string, variables: object) => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ query, variables });
    return (await fetch(`${url}/graphql`, { method: 'POST', headers, body })).text();
  };
  const from = lines.length;
  const [providerName, modelName] = modelsByFormat[format].split('/');
  const create = 'mutation ($input: CreateSessionInput!) { createSession(input: $input) { databaseId } }';
  const created = JSON.parse(await send(create, { input: { providerName, modelName } }));
  const { databaseId } = created.data.createSession;
  const chat = await fetch(`${url}/api/v1/sessions/${databaseId}/chat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ prompt }),
  });
  const frames = await chat.text();
  const look = `query ($id: Int!) { sessionByDatabaseId(databaseId: $id) {
    lastRun { error { code message } assistantMessage { status content reasoning } }
  } }`;
  return { frames, stored: await send(look, { id: databaseId }), log: lines.slice(from).join('') };
}

function expectNoSecret({ frames, stored, log }: Awaited<ReturnType<typeof fail>>) {
  expect(frames).toContain('"type":"error"');
  expect(stored).toContain('"FAILED"');
  expect(log).toContain('run failed');
  const address = new URL(model.openaiUrl).host;
  for (const secret of [apiKey, address, 'server.js', '    at ', 'node_modules']) {
    expect(frames + stored).not.toContain(secret);
  }
  for (const secret of [apiKey, address, 'server.js', '    at ', prompt]) expect(log).not.toContain(secret);
}

describe.each<SettingFormat>(['openai', 'anthropic', 'google'])('a failing model of %s', (format) => {
  test.each(failures)('a model that fails by %s reveals no key, no address and no stack', async (_, turn) => {
    model.script(turn());
    expectNoSecret(await fail(alice, format));
  });

  test('a model that cannot be reached reveals no address', async () => {
    const told = await fail(bob, format);
    expectNoSecret(told);
    expect(Object.values(told).join('')).not.toContain(goneAddress);
    expect(told.log).toContain('ECONNREFUSED');
  });
});
