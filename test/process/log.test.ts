import { expect, test } from 'vitest';
import { chat, chatDocument, collect } from '../support/gateway/chat.ts';
import { reasoning, status, text, toolCall } from '../support/model/turn.ts';
import { type ScriptedProcess, startScriptedProcess } from '../support/process/scripted-process.ts';

const apiKey = 'sk-very-secret-0123456789';
const prompt = 'My diary: pomegranate.';
const words = /pomegranate|marmalade|rhubarb|tangerine|huckleberry|sk-very|sk_very/i;

/** Does everything that brings a prompt, an answer or a key near the log. */
async function useTexts(gateway: ScriptedProcess): Promise<void> {
  const { model, url } = gateway;
  const quoted = { error: { message: `You said: ${prompt} with key ${apiKey}` } };
  model.script(
    [reasoning('marmalade'), text('rhubarb ', 'rhubarb')],
    [toolCall('call-1', 'tangerine', { fruit: 'tangerine' })],
    [text('rhubarb')],
    [status(400, { error: quoted.error })],
    [status(401, { body: JSON.stringify(quoted) })],
    [text('rhubarb')],
  );
  const sessionId = await gateway.createSession();
  await gateway.query(
    'mutation ($id: ID!) { updateSession(id: $id, input: { title: "huckleberry", systemPrompt: "huckleberry" }) { id } }',
    { id: sessionId },
  );
  for (let number = 0; number < 4; number += 1) {
    await collect(chat(gateway.client(), { sessionId, prompt, requestId: `alice-${number}` }));
  }
  const search = new URLSearchParams({
    query: chatDocument,
    variables: JSON.stringify({ input: { sessionId, prompt } }),
  });
  await (await fetch(`${url}/graphql/stream?${search}`, { headers: { accept: 'text/event-stream' } })).text();
  const json = { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` };
  for (const [path, body] of [
    ['/graphql', `{"query": "pomegranate", pomegranate`],
    ['/graphql', JSON.stringify({ query: `{ pomegranate(text: "${prompt}") }` })],
    ['/graphql/stream', `{"query": pomegranate`],
    ['/api/v1/sessions/1/chat', `{"prompt": pomegranate`],
    ['/api/v1/sessions/1/chat', JSON.stringify({ prompt, request_id: 'alice-0' })],
    ['/api/v1/sessions/1/chat', JSON.stringify({ prompt: `Again: ${prompt}`, request_id: 'alice-0' })],
  ] as const) {
    await (await fetch(`${url}${path}`, { method: 'POST', headers: json, body })).text();
  }
}

test('the most verbose log holds no text of a chat and no key', async () => {
  await using gateway = await startScriptedProcess({ LOG_LEVEL: 'trace', OPENAI_API_KEY: apiKey });
  await useTexts(gateway);
  expect(gateway.model.requests[0]?.headers.authorization).toContain(apiKey);
  gateway.kill('SIGTERM');
  await gateway.exited;
  expect(gateway.lines.filter(({ msg }) => msg === 'request').length).toBeGreaterThan(10);
  expect(gateway.stdout.split('\n').filter((line) => words.test(line))).toEqual([]);
  expect(gateway.stderr).toBe('');
});
