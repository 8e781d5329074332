import { type BaseEvent, EventType, HttpAgent, type Message } from '@ag-ui/client';
import { describe, expect, test } from 'vitest';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import { createGuardedTools } from '../../support/gateway/tool-approval.ts';
import { createGate, cutSocket, reasoning, text, toolCall, usage } from '../../support/model/turn.ts';

const shared = shareScriptedGateway({ tools: createGuardedTools(), settings: { MODEL_MAX_RETRIES: '0' } });

const tools = [
  {
    name: 'get_weather',
    description: 'The weather of a city.',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
];
const rome = toolCall('w1', 'get_weather', { city: 'Rome' });
const oslo = toolCall('w2', 'get_weather', { city: 'Oslo' });
const toldTo = () => shared().model.requests.at(-1)?.body['messages'];

let newest = 0;
function agentFor(threadId = `thread-${++newest}`) {
  return new HttpAgent({ url: `${shared().url}/ag-ui`, threadId });
}

function say(agent: HttpAgent, content: string): void {
  newest += 1;
  agent.addMessage({ id: `u${newest}`, role: 'user', content });
}

/** Runs the agent, and returns the events that its client has verified. */
async function run(agent: HttpAgent, parameters: Parameters<HttpAgent['runAgent']>[0] = {}) {
  const events: BaseEvent[] = [];
  await agent.runAgent(parameters, {
    onEvent: ({ event }) => {
      events.push(event);
    },
  });
  return events;
}

/** The messages of a client, short. */
function shown(messages: readonly Message[]): string[] {
  return messages.map((message) => {
    const calls =
      message.role === 'assistant' && message.toolCalls
        ? message.toolCalls.map(({ function: { name, arguments: args } }) => ` ${name}(${args})`).join('')
        : '';
    return `${message.role}: ${'content' in message ? (message.content ?? '') : ''}${calls}`;
  });
}

describe('an agent of AG-UI', () => {
  test('a run has its text, its reasoning and its usage, and the thread is one session', async () => {
    const gateway = shared();
    gateway.model.script(
      [reasoning('Hm.'), text('Hel', 'lo.'), usage({ input: 3, output: 5 })],
      [text('Bye.')],
    );
    const agent = agentFor();
    agent.messages = [{ id: 's', role: 'system', content: 'Be kind.' }];
    say(agent, 'Hi');
    const events = await run(agent, { runId: 'r1', context: [{ description: 'Place', value: 'Rome' }] });
    expect(events.map(({ type }) => type)).toEqual([
      'RUN_STARTED',
      'REASONING_START',
      'REASONING_MESSAGE_START',
      'REASONING_MESSAGE_CONTENT',
      'REASONING_MESSAGE_END',
      'REASONING_END',
      'TEXT_MESSAGE_START',
      expect.stringMatching('TEXT_MESSAGE_CONTENT'),
      ...events.slice(8, -2).map(() => 'TEXT_MESSAGE_CONTENT'),
      'TEXT_MESSAGE_END',
      'RUN_FINISHED',
    ]);
    expect(events.at(-1)).toMatchObject({
      threadId: agent.threadId,
      runId: 'r1',
      usage: [{ provider: 'openai-compatible', model: 'scripted', inputTokens: 3, outputTokens: 5 }],
    });
    expect(shown(agent.messages)).toEqual([
      'system: Be kind.',
      'user: Hi',
      'reasoning: Hm.',
      'assistant: Hello.',
    ]);
    const [told] = toldTo() as object[];
    expect(told).toEqual({ role: 'system', content: 'Place:\nRome\n\nBe kind.' });
    say(agent, 'Thanks');
    await run(agent);
    expect(toldTo()).toEqual([
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello.' },
      { role: 'user', content: 'Thanks' },
    ]);
  });

  test('messages that the client has taken back are another branch', async () => {
    const gateway = shared();
    gateway.model.script([text('A1')], [text('A2')], [text('A3')]);
    const agent = agentFor();
    say(agent, 'Q1');
    await run(agent);
    const before = [...agent.messages];
    say(agent, 'Q2');
    await run(agent);
    agent.messages = before;
    say(agent, 'Q2, please');
    await run(agent);
    expect(toldTo()).toEqual([
      { role: 'user', content: 'Q1' },
      { role: 'assistant', content: 'A1' },
      { role: 'user', content: 'Q2, please' },
    ]);
  });

  test('the same run again is the same answer, and one that the client leaves is cancelled', async () => {
    const gateway = shared();
    const gate = createGate();
    gateway.model.script([text('Once.')], [text('Long'), gate]);
    const agent = agentFor();
    say(agent, 'Go');
    const before = [...agent.messages];
    await run(agent, { runId: 'same' });
    agent.messages = before;
    await run(agent, { runId: 'same' });
    expect(shown(agent.messages).at(-1)).toBe('assistant: Once.');
    expect(gateway.model.requests).toHaveLength(1);
    say(agent, 'More');
    void run(agent).catch(() => undefined);
    await gate.reached;
    agent.abortRun();
    await expect
      .poll(async () => (await gateway.services.database.run.findFirst({ orderBy: { id: 'desc' } }))?.status)
      .toBe('CANCELLED');
  });

  test('a failure is RUN_ERROR, and what is wrong with a request is told before the run', async () => {
    const gateway = shared();
    gateway.model.script([text('Hel'), cutSocket()]);
    const agent = agentFor();
    say(agent, 'Fail');
    const events = await run(agent);
    expect(events.at(-1)).toMatchObject({ type: EventType.RUN_ERROR, code: 'provider_stream_cut' });
    const refused = async (body: object) => {
      const response = await fetch(`${gateway.url}/ag-ui`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ threadId: 't', runId: 'r', messages: [], ...body }),
      });
      const { error } = (await response.json()) as { error: { param: string } };
      return [response.status, error.param];
    };
    const hi = { id: 'u', role: 'user', content: 'Hi' };
    expect(await refused({})).toEqual([400, 'messages']);
    expect(await refused({ threadId: '' })).toEqual([400, 'threadId']);
    expect(await refused({ messages: [{ ...hi, content: { a: 1 } }] })).toEqual([400, 'messages[0].content']);
    expect(await refused({ messages: [hi], tools: [{ name: 'a b', description: '' }] })).toEqual([
      400,
      'tools[0].name',
    ]);
    const strange = { id: 't', role: 'tool', toolCallId: 'call_1_x', content: '1' };
    expect(await refused({ messages: [hi, strange] })).toEqual([400, 'messages[1]']);
    expect(await refused({ threadId: 'conv_99999999', messages: [hi] })).toEqual([404, 'threadId']);
    const url = { type: 'image', source: { type: 'url', value: 'http://127.0.0.1:1/x.png' } };
    expect(await refused({ messages: [{ ...hi, content: [url] }] })).toEqual([
      400,
      'messages[0].content[0].source',
    ]);
  });
});

describe('tools', () => {
  test('tools of the frontend run in the client, and the next run goes on with their results', async () => {
    const gateway = shared();
    gateway.model.script([text('I look.'), rome, oslo], [text('Fine.')]);
    const agent = agentFor();
    say(agent, 'Weather?');
    const events = await run(agent, { tools });
    expect(events.at(-1)).toMatchObject({ type: EventType.RUN_FINISHED });
    expect(shown(agent.messages)).toEqual([
      'user: Weather?',
      'assistant: I look. get_weather({"city":"Rome"}) get_weather({"city":"Oslo"})',
    ]);
    const asked = agent.messages.at(-1);
    const calls = (asked?.role === 'assistant' && asked.toolCalls) || [];
    const [first, second] = calls;
    agent.addMessage({ id: 't1', role: 'tool', toolCallId: first?.id ?? '', content: 'sunny' });
    await expect(run(agent, { tools })).rejects.toThrow(/the reply to the tool call/);
    agent.addMessage({
      id: 't2',
      role: 'tool',
      toolCallId: second?.id ?? '',
      content: '',
      error: 'No data.',
    });
    await run(agent, { tools });
    expect(shown(agent.messages).at(-1)).toBe('assistant: Fine.');
    expect(JSON.stringify(toldTo())).toContain('No data.');
    expect(gateway.model.requests).toHaveLength(2);
  });

  test('a call on a node that needs an approval interrupts the run, and resume lets it go on', async () => {
    const gateway = shared();
    gateway.model.script(
      [toolCall('a', 'write', { path: 'x' }), toolCall('r', 'read', {})],
      [text('Done.')],
      [toolCall('b', 'write', {})],
      [text('Fine.')],
    );
    const agent = agentFor();
    say(agent, 'Write');
    await run(agent);
    const [interrupt] = agent.pendingInterrupts;
    expect(interrupt).toMatchObject({ reason: 'tool_approval', toolCallId: expect.stringMatching(/^call_/) });
    const id = interrupt?.id ?? '';
    await run(agent, { resume: [{ interruptId: id, status: 'resolved', payload: { approved: true } }] });
    expect(agent.pendingInterrupts).toEqual([]);
    expect(shown(agent.messages)).toEqual([
      'user: Write',
      'assistant:  write({"path":"x"}) read({})',
      'tool: what it says',
      'tool: written',
      'assistant: Done.',
    ]);
    say(agent, 'Again');
    await run(agent);
    const other = agent.pendingInterrupts[0]?.id ?? '';
    const denied = { approved: false, reason: 'Not now.' };
    await run(agent, { resume: [{ interruptId: other, status: 'resolved', payload: denied }] });
    expect(shown(agent.messages).at(-1)).toBe('assistant: Fine.');
    expect(JSON.stringify(toldTo())).toContain('Not now.');
  });
});
