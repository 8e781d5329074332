import {
  DefaultChatTransport,
  lastAssistantMessageIsCompleteWithApprovalResponses,
  lastAssistantMessageIsCompleteWithToolCalls,
  readUIMessageStream,
} from 'ai';
import { describe, expect, test } from 'vitest';
import { type Message, partsOf, TestChat } from '../../support/gateway/ai-sdk-chat.ts';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import { createGuardedTools } from '../../support/gateway/tool-approval.ts';
import { createGate, cutSocket, reasoning, status, text, toolCall, usage } from '../../support/model/turn.ts';

const tools = createGuardedTools();
const shared = shareScriptedGateway({ tools, settings: { MODEL_MAX_RETRIES: '0' } });

const weather = {
  get_weather: {
    description: 'The weather of a city.',
    inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};
const rome = toolCall('w1', 'get_weather', { city: 'Rome' });
const toldTo = () => shared().model.requests.at(-1)?.body['messages'];

describe('a chat of the AI SDK', () => {
  test('an answer has its parts, with session, model and usage as metadata, and the chat is one session', async () => {
    const gateway = shared();
    gateway.model.script(
      [reasoning('Hm.'), text('Hel', 'lo.'), usage({ input: 3, output: 5, reasoning: 1 })],
      [text('Bye.')],
    );
    const chat = new TestChat(gateway, { body: { system: 'Be kind.' } });
    await chat.sendMessage({ text: 'Hi' });
    expect([chat.status, chat.error]).toEqual(['ready', undefined]);
    const answer = chat.lastMessage;
    expect(partsOf(answer)).toEqual(['step-start', 'reasoning: Hm.', 'text: Hello.']);
    expect(answer).toMatchObject({
      id: expect.stringMatching(/^msg_\d+$/),
      metadata: {
        sessionId: expect.stringMatching(/^conv_\d+$/),
        model: 'openai-compatible/scripted',
        usage: { inputTokens: 3, outputTokens: 5, totalTokens: 8, reasoningTokens: 1 },
      },
    });
    await chat.sendMessage({ text: 'Thanks' });
    expect(chat.lastMessage?.metadata?.sessionId).toBe(answer?.metadata?.sessionId);
    expect(toldTo()).toEqual([
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello.' },
      { role: 'user', content: 'Thanks' },
    ]);
  });

  test('the wire is exactly that of the protocol', async () => {
    const gateway = shared();
    gateway.model.script([text('Hi.'), usage({ input: 1, output: 2 })]);
    const response = await fetch(`${gateway.url}/ai-sdk/chat`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        id: 'wire',
        messages: [{ id: 'u1', role: 'user', parts: [{ type: 'text', text: 'Hi' }] }],
        trigger: 'submit-message',
      }),
    });
    expect(response.headers.get('x-vercel-ai-ui-message-stream')).toBe('v1');
    const frames = (await response.text())
      .replaceAll(/^:\n/gm, '')
      .split('\n\n')
      .filter(Boolean)
      .map((frame) => frame.replace('data: ', ''));
    expect(frames.pop()).toBe('[DONE]');
    expect(frames.map((frame) => JSON.parse(frame))).toEqual([
      {
        type: 'start',
        messageId: expect.stringMatching(/^msg_\d+$/),
        messageMetadata: { sessionId: expect.stringMatching(/^conv_/), runId: expect.any(Number) },
      },
      { type: 'start-step' },
      { type: 'text-start', id: 'text_1' },
      { type: 'text-delta', id: 'text_1', delta: 'Hi.' },
      { type: 'text-end', id: 'text_1' },
      { type: 'finish-step' },
      {
        type: 'finish',
        finishReason: 'stop',
        messageMetadata: { model: 'openai-compatible/scripted', usage: expect.anything() },
      },
    ]);
  });

  test('regenerate answers the same prompt again, and an edited prompt is a branch', async () => {
    const gateway = shared();
    gateway.model.script([text('A1')], [text('A2')], [text('A3')], [text('A4')], [text('A5')]);
    const chat = new TestChat(gateway);
    await chat.sendMessage({ text: 'Q1' });
    await chat.regenerate();
    expect(partsOf(chat.lastMessage)).toEqual(['step-start', 'text: A2']);
    expect(toldTo()).toEqual([{ role: 'user', content: 'Q1' }]);
    await chat.sendMessage({ text: 'Q2' });
    const second = chat.messages[2]?.id ?? '';
    await chat.sendMessage({ text: 'Q2, please', messageId: second });
    expect(toldTo()).toEqual([
      { role: 'user', content: 'Q1' },
      { role: 'assistant', content: 'A2' },
      { role: 'user', content: 'Q2, please' },
    ]);
    const first = chat.messages[0]?.id ?? '';
    await chat.sendMessage({ text: 'Other', messageId: first });
    expect(toldTo()).toEqual([{ role: 'user', content: 'Other' }]);
    const ids = chat.messages.map(({ metadata }) => metadata?.sessionId).filter(Boolean);
    expect(new Set(ids).size).toBe(1);
  });

  test('after a cut the answer goes on, with nothing twice; a chat without a run has nothing to resume', async () => {
    const gateway = shared();
    const gate = createGate();
    gateway.model.script([text('Once '), gate, text('upon.')]);
    const chat = new TestChat(gateway, { id: 'resumed' });
    await chat.resumeStream();
    expect(chat.messages).toEqual([]);
    const sent = chat.sendMessage({ text: 'Story' });
    await expect.poll(() => partsOf(chat.lastMessage)).toContain('text: Once ');
    // `stop` only closes the connection.
    await chat.stop();
    await sent;
    const resumed = chat.resumeStream();
    await expect.poll(() => chat.status).toBe('streaming');
    gate.release();
    await resumed;
    expect(chat.messages.map(({ role }) => role)).toEqual(['user', 'assistant']);
    expect(partsOf(chat.lastMessage)).toEqual(['step-start', 'text: Once upon.']);
    const loaded = new TestChat(gateway, { id: 'resumed' });
    await loaded.resumeStream();
    expect(loaded.messages).toEqual([]);
    // The connection broke before the end, and the run has ended since.
    const late = new DefaultChatTransport({
      api: `${gateway.url}/ai-sdk/chat`,
      prepareReconnectToStreamRequest: ({ api, id }) => ({
        api: `${api}/${id}/stream?messageId=${chat.lastMessage?.id}`,
      }),
    });
    const stream = await late.reconnectToStream({ chatId: 'resumed' });
    if (!stream) throw new Error('There is nothing to resume.');
    const seen = [];
    for await (const message of readUIMessageStream({ stream })) seen.push(message);
    expect(seen.at(-1)?.id).toBe(chat.lastMessage?.id);
    expect(partsOf(seen.at(-1) as Message)).toEqual(['step-start', 'text: Once upon.']);
    for (const wrong of ['x', 'msg_1x', 'msg_2147483647']) {
      const response = await fetch(`${gateway.url}/ai-sdk/chat/resumed/stream?messageId=${wrong}`);
      expect(response.status).toBe(400);
    }
  });

  test('DELETE of the stream stops the run, and the client sees it as aborted', async () => {
    const gateway = shared();
    const gate = createGate();
    gateway.model.script([text('Hel'), gate]);
    const chat = new TestChat(gateway, { id: 'stopped' });
    const sent = chat.sendMessage({ text: 'Long' });
    await gate.reached;
    const stopped = await fetch(`${gateway.url}/ai-sdk/chat/stopped/stream`, { method: 'DELETE' });
    expect(await stopped.json()).toEqual({ cancelled: true });
    await sent;
    expect(partsOf(chat.lastMessage)).toEqual(['step-start', 'text: Hel']);
    const again = await fetch(`${gateway.url}/ai-sdk/chat/stopped/stream`, { method: 'DELETE' });
    expect(await again.json()).toEqual({ cancelled: false });
  });

  test('a failure of the provider is the error of the chat, and what was written stays', async () => {
    const gateway = shared();
    gateway.model.script([text('Hel'), cutSocket()], [status(429)]);
    const chat = new TestChat(gateway);
    await chat.sendMessage({ text: 'Fail' });
    expect(chat.status).toBe('error');
    expect(chat.error?.message).toMatch(/broke off/i);
    expect(partsOf(chat.lastMessage)).toEqual(['step-start', 'text: Hel']);
    const refused = new TestChat(gateway, { body: { model: 'nobody/x' } });
    await refused.sendMessage({ text: 'Hi' });
    expect(JSON.parse(refused.error?.message ?? '')).toMatchObject({
      error: { code: 'model_not_found', param: 'model' },
    });
  });
});

describe('tools', () => {
  test('a tool of the frontend runs in the client, and its output lets the same answer go on', async () => {
    const gateway = shared();
    gateway.model.script(
      [text('I look.'), rome],
      [text('And?'), toolCall('w2', 'get_weather', { city: 'Oslo' })],
      [text('Fine.')],
    );
    const chat: TestChat = new TestChat(gateway, {
      body: { tools: weather },
      sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithToolCalls,
      onToolCall: ({ toolCall: { toolCallId, input } }) => {
        const { city } = input as { city: string };
        const given =
          city === 'Rome'
            ? { output: { sky: 'blue' } }
            : { state: 'output-error' as const, errorText: 'No data.' };
        void chat.addToolOutput({ tool: 'get_weather', toolCallId, ...given } as never);
      },
    });
    await chat.sendMessage({ text: 'Weather?' });
    await expect.poll(() => partsOf(chat.lastMessage).at(-1)).toBe('text: Fine.');
    await expect.poll(() => chat.status).toBe('ready');
    expect(chat.messages).toHaveLength(2);
    expect(partsOf(chat.lastMessage)).toEqual([
      'step-start',
      'text: I look.',
      'get_weather({"city":"Rome"}) output-available: {"sky":"blue"}',
      'step-start',
      'text: And?',
      'get_weather({"city":"Oslo"}) output-error: "No data."',
      'step-start',
      'text: Fine.',
    ]);
    expect(gateway.model.requests).toHaveLength(3);
    expect(JSON.stringify(toldTo())).toContain('No data.');
  });

  test('a client that loads the page anew gets the call that waits, and answers it', async () => {
    const gateway = shared();
    gateway.model.script([rome], [text('Sunny.')]);
    const chat = new TestChat(gateway, { id: 'reload', body: { tools: weather } });
    await chat.sendMessage({ text: 'Weather?' });
    const loaded = new TestChat(gateway, {
      id: 'reload',
      sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithToolCalls,
    });
    await loaded.resumeStream();
    const [part] = loaded.lastMessage?.parts.filter(({ type }) => type === 'tool-get_weather') ?? [];
    const toolCallId = part && 'toolCallId' in part ? part.toolCallId : '';
    await loaded.addToolOutput({ tool: 'get_weather', toolCallId, output: 'sunny' } as never);
    await expect.poll(() => partsOf(loaded.lastMessage).at(-1)).toBe('text: Sunny.');
  });

  test('a call on a node waits for an approval, runs, and its output comes with the rest of the answer', async () => {
    const gateway = shared();
    gateway.model.script(
      [toolCall('a', 'write', { path: 'x' })],
      [text('Done.')],
      [toolCall('b', 'write', {})],
      [text('Fine.')],
    );
    const chat = new TestChat(gateway, {
      sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
    });
    const decide = async (approved: boolean, reason?: string) => {
      const asked = chat.lastMessage?.parts.find(
        (part) => 'state' in part && part.state === 'approval-requested',
      );
      const id = asked && 'approval' in asked ? (asked.approval?.id ?? '') : '';
      await chat.addToolApprovalResponse({ id, approved, ...(reason && { reason }) });
    };
    await chat.sendMessage({ text: 'Write' });
    expect(partsOf(chat.lastMessage)).toEqual(['step-start', 'write({"path":"x"}) approval-requested']);
    await decide(true);
    await expect.poll(() => partsOf(chat.lastMessage).at(-1)).toBe('text: Done.');
    expect(partsOf(chat.lastMessage)[1]).toMatch(/^write\(.*\) output-available: /);
    await expect.poll(() => chat.status).toBe('ready');
    await chat.sendMessage({ text: 'Again' });
    await decide(false, 'Not now.');
    await expect.poll(() => partsOf(chat.lastMessage).at(-1)).toBe('text: Fine.');
    expect(partsOf(chat.lastMessage)).toContain('write({}) output-denied');
    expect(JSON.stringify(toldTo())).toContain('Not now.');
  });
});
