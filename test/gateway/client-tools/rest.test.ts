import { expect, test } from 'vitest';
import { locate } from '../../support/gateway/client-tools.ts';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import { createRestClient, type Frame } from '../../support/http/rest-client.ts';
import { text, toolCall } from '../../support/model/turn.ts';

const shared = shareScriptedGateway();
const { inputSchema: input_schema, ...named } = locate;
const tools = [{ ...named, input_schema }];

test('a client of the REST API sends tools, gets a frame for each call, and answers', async () => {
  const asks = toolCall('q', 'ask_user', { question: 'Why?' });
  shared().model.script([toolCall('l', 'get_location', { precision: 'city' }), asks], [text('Done.')]);
  const rest = await createRestClient(shared());
  const { json: session } = await rest.call('POST', '/sessions/', {});
  const frames: Frame['data'][] = [];
  const answers: unknown[] = [];
  for await (const { id, data } of rest.chat(session.id, { prompt: 'Go', tools, ask_user: true })) {
    frames.push(data);
    if (data.type !== 'client_tool') continue;
    const { call_id, name } = data;
    const answer = (said: object) =>
      rest.call('POST', `/runs/${id?.split(':')[0]}/tool-calls/answer`, { call_id, ...said });
    if (name === 'ask_user') {
      answers.push((await answer({ result: 3 })).json);
      answers.push((await answer({ error: 'I would rather not.' })).json);
      continue;
    }
    const { status, json } = await answer({ result: { city: 'Lisbon' } });
    answers.push(status, json, (await answer({ result: { city: 'Lisbon' } })).status);
    const { status: second, json: refused } = await answer({ result: 'other' });
    answers.push(second, refused);
  }
  expect(frames.filter(({ call_id }) => call_id === 'l')).toMatchObject([
    { type: 'tool_start', name: 'get_location', node_id: null },
    {
      type: 'client_tool',
      name: 'get_location',
      args: { precision: 'city' },
      expires_at: expect.stringMatching(/^\d{4}-/),
    },
    { type: 'tool_result', status: 'succeeded', result: '{"city":"Lisbon"}' },
  ]);
  expect(answers).toMatchObject([
    200,
    {
      ...{ run_id: expect.any(Number), call_id: 'l', name: 'get_location', args: { precision: 'city' } },
      ...{ status: 'succeeded', result: '{"city":"Lisbon"}', answered_by: 'anonymous' },
    },
    200,
    409,
    { detail: 'This tool call was answered already, and the first answer counts.' },
    { detail: [{ type: 'value_error', loc: ['body', 'result'], input: 3 }] },
    { status: 'failed', result: 'I would rather not.', answered_by: 'anonymous' },
  ]);
  const { json } = await rest.call('GET', `/sessions/${session.id}/messages`);
  expect(json.messages[1].tool_calls).toMatchObject([
    { status: 'succeeded', node_id: null },
    { status: 'failed', error_code: 'FAILED' },
  ]);
  expect(session.ask_user).toBe(false);
});

test('what is wrong with tools and answers is told in the names of REST', async () => {
  const rest = await createRestClient(shared());
  const { json: session } = await rest.call('POST', '/sessions/', { ask_user: true });
  expect(session.ask_user).toBe(true);
  const { json: changed } = await rest.call('PATCH', `/sessions/${session.id}`, { ask_user: false });
  expect(changed.ask_user).toBe(false);
  const refuse = async (wrong: unknown) => {
    const { status, json } = await rest.call('POST', `/sessions/${session.id}/chat`, {
      prompt: 'Go',
      tools: wrong,
    });
    return [status, json.detail[0].loc, json.detail[0].msg];
  };
  expect(await refuse([{ ...named, input_schema: { type: 'string' } }])).toEqual([
    422,
    ['body', 'tools', 0, 'input_schema'],
    'tools.0.input_schema: expected a schema of an object, at "type".',
  ]);
  expect(await refuse([{ input_schema, name: 'ask_user' }])).toEqual([
    422,
    ['body', 'tools', 0, 'name'],
    expect.stringContaining('there is a tool "ask_user"'),
  ]);
  expect(await refuse('all')).toEqual([422, ['body', 'tools'], expect.any(String)]);
  expect(await refuse([{ name: 'a' }])).toEqual([
    422,
    ['body', 'tools', 0, 'input_schema'],
    expect.any(String),
  ]);
  const answer = (body: unknown, run = 999_999) => rest.call('POST', `/runs/${run}/tool-calls/answer`, body);
  expect((await answer({ call_id: 'a', result: 1 })).status).toBe(404);
  const neither = await answer({ call_id: 'a' });
  expect([neither.status, neither.json.detail[0].loc]).toEqual([422, ['body', 'result']]);
});
