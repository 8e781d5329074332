import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runFailureCodes } from '../../src/chat/log/run-event.ts';
import { settings } from '../../src/config/settings.ts';
import { errorMeaning, errorStatus } from '../../src/errors.ts';
import { schema } from '../../src/schema/index.ts';
import { toolErrorCodes } from '../../src/tools/tool-runner.ts';
import { readPage, snippets, tableBelow } from '../support/files/readme.ts';
import { openTemporaryFolder } from '../support/files/temporary-folder.ts';
import { createWav } from '../support/files/wav.ts';
import { chat, collect } from '../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../support/gateway/gateway.ts';
import { startCuttingProxy } from '../support/http/cutting-proxy.ts';

const printedUrl = 'http://localhost:8000';
const run = promisify(execFile);
const oneSecond = createWav({ seconds: 1 });

/** Runs a script as Node.js runs a file in the root of the project. */
function runScript(script: string, { args = [], cwd }: { args?: string[]; cwd?: string } = {}) {
  const child = run(process.execPath, ['--input-type=module', '-', ...args], { cwd });
  child.child.stdin?.end(script);
  return child;
}

describe('the commands of the README', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway({ settings: { DEMO_DELAY_MS: '10' } });
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  // The first test, because the commands contain the ids that a fresh gateway gives out.
  test('the curl commands of the README work as printed, one after the other, on a fresh gateway', async () => {
    await using folder = await openTemporaryFolder();
    await writeFile(join(folder.path, 'recording.wav'), oneSecond);
    const commands = snippets('sh').filter((command) => command.startsWith('curl '));

    const answers: string[] = [];
    for (const command of commands) {
      const script = command.replaceAll(printedUrl, gateway.url);
      const { stdout } = await run('sh', ['-c', script], { cwd: folder.path });
      answers.push(stdout);
    }

    const [created, streamed, createdByRest, streamedByRest, messages, uploaded] = answers;
    expect(JSON.parse(created ?? '')).toEqual({
      data: { createSession: { id: 'U2Vzc2lvbjox', databaseId: 1 } },
    });
    expect(streamed).toContain('"__typename":"RunCompleted"');
    expect(streamed).toContain('"content":"1, 2, 3, 4, 5."');
    expect(streamed).toMatch(/event: complete/);
    expect(JSON.parse(createdByRest ?? '')).toMatchObject({ id: 2, title: 'By REST' });
    expect(streamedByRest).toMatch(/"type":"finish".*"full_answer":"[^"]*144/);
    expect(JSON.parse(messages ?? '').messages.map(({ sender }: { sender: string }) => sender)).toEqual([
      'user',
      'assistant',
      'user',
      'assistant',
    ]);
    expect(JSON.parse(uploaded ?? '')).toMatchObject({ mime_type: 'audio/wav', duration_seconds: 1 });
  });

  test('the JavaScript example of the audio page uploads a recording', async () => {
    await using folder = await openTemporaryFolder();
    await writeFile(join(folder.path, 'recording.wav'), oneSecond);
    const sessionId = await gateway.createSession();
    await collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }));
    const [script = ''] = snippets('js', readPage('src/chat/audio/README.md'));

    const { stdout } = await runScript(script.replaceAll(printedUrl, gateway.url), { cwd: folder.path });

    const { audio } = JSON.parse(stdout).data.uploadMessageAudio;
    expect(audio).toEqual({
      url: '/api/v1/sessions/messages/1/audio',
      mimeType: 'audio/wav',
      size: oneSecond.length,
      durationSeconds: 1,
    });
    const download = await fetch(gateway.url + audio.url);
    expect(Buffer.from(await download.arrayBuffer())).toEqual(oneSecond);
  });

  test.each([
    ['when the connection holds', [] as string[]],
    ['when the connection is lost before the answer and twice within it', ['RunStarted', '"text"', '"text"']],
  ])('the JavaScript example of the README prints the whole answer %s', async (_when, cutAt) => {
    await using proxy = await startCuttingProxy(gateway.url, cutAt);
    const [script = ''] = snippets('js');

    const { stdout, stderr } = await runScript(script.replaceAll(printedUrl, proxy.url), {
      args: ['Write 300 words.'],
    });

    const { data } = await gateway.graphql(
      '{ sessions(first: 1) { edges { node { messages { edges { node { content } } } } } } }',
    );
    const [session] = data.sessions.edges;
    const [prompt, answer, ...others] = session.node.messages.edges;
    expect(prompt.node.content).toBe('Write 300 words.');
    expect(stdout).toBe(`${answer.node.content}\n`);
    expect(others).toEqual([]);
    expect(stderr).toBe('');
    expect(proxy.cuts).toBe(cutAt.length);
  });
});

const runEventsPage = readPage('src/chat/RUN-EVENTS.md');
const errorsPage = readPage('src/http/ERRORS.md');

describe('the tables of the pages', () => {
  test('the page of settings has every setting with its default', () => {
    const rows = settings.map(({ name, default: value, defaultInWords = '', description }) => {
      const shown = value === undefined ? defaultInWords.replaceAll('<', '\\<') : `\`${value}\``;
      return `| \`${name}\` | ${shown} | ${description} |`;
    });
    expect(readPage('src/config/README.md')).toContain(
      ['| setting | default | meaning |', '| --- | --- | --- |', ...rows, ''].join('\n'),
    );
  });

  test('the page of run events has every run event', () => {
    const named = tableBelow('| run event | REST frame | meaning |', runEventsPage).map(([name]) => name);
    const runEvent = schema.getType('RunEvent');
    const all = Object.values(schema.getTypeMap())
      .filter(isObjectType)
      .filter((type) => type.getInterfaces().some((implemented) => implemented === runEvent))
      .map(({ name }) => name);
    expect(named.toSorted()).toEqual(all.toSorted());
  });

  test('the page of errors has every error code with its status, and the words of the schema', () => {
    const rows = tableBelow('| code | status | meaning |', errorsPage);
    expect(Object.fromEntries(rows.map(([code, status]) => [code, Number(status)]))).toEqual(errorStatus);
    expect(Object.fromEntries(rows.map(([code, _status, meaning]) => [code, meaning]))).toEqual(errorMeaning);
  });

  test('the page of run events has every code of a failed run', () => {
    const named = tableBelow('| code | meaning |', runEventsPage).map(([code]) => code);
    expect(named).toEqual(Object.keys(runFailureCodes));
  });

  test('the page of run events has every code of a failed tool call', () => {
    const named = tableBelow('| error code | meaning |', runEventsPage).map(([code]) => code);
    expect(named).toEqual(Object.keys(toolErrorCodes));
  });
});
