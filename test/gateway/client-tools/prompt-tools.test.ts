import { describe, expect, test } from 'vitest';
import { chat, collect, type SeenRunEvent } from '../../support/gateway/chat.ts';
import { answerCall, collectAnswering, locate } from '../../support/gateway/client-tools.ts';
import { longestTurn, measured } from '../../support/gateway/longest-turn.ts';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import { createGuardedTools, toolCallsOf } from '../../support/gateway/tool-approval.ts';
import { noUsage, text, toolCall } from '../../support/model/turn.ts';

const shared = shareScriptedGateway({ tools: createGuardedTools() });
const send = `mutation ($input: ChatInput!) { sendMessage(input: $input) { id } }`;

/** The names of the tools that the model was offered with its newest request. */
function offered(): string[] {
  const tools = (shared().model.requests.at(-1)?.body['tools'] ?? []) as { function: { name: string } }[];
  return tools.map((tool) => tool.function.name);
}

const ofNodes = ['read', 'write'];

async function refusalOf(input: object) {
  const gateway = shared();
  const sessionId = await gateway.createSession();
  const { errors } = await gateway.graphql(send, { input: { sessionId, prompt: 'Go', ...input } });
  const { message = '', extensions } = errors?.[0] ?? {};
  expect(extensions?.['code']).toBe('BAD_USER_INPUT');
  expect(message).toContain(`${extensions?.['field']}: `);
  return message;
}

const named = (name: string) => ({ ...locate, name });
const schemed = (inputSchema: unknown) => ({ ...locate, inputSchema });
const withProperty = (schema: unknown) => schemed({ type: 'object', properties: { p: schema } });

function nested(levels: number): object {
  return levels === 0 ? { type: 'string' } : { type: 'object', properties: { p: nested(levels - 1) } };
}

const many = Array.from({ length: 65 }, (_none, index) => named(`tool_${index}`));
const long = Array.from({ length: 10 }, (_none, index) => ({
  ...schemed({ type: 'object', description: 'x'.repeat(20_000) }),
  name: `tool_${index}`,
}));

describe('tools that are not as they must be are refused in the name of their field', () => {
  test.each([
    ['a blank name', [named('')], /^input\.tools\.0\.name: expected 1 to 64 of /],
    ['a name with a space', [locate, named('get it')], /^input\.tools\.1\.name: expected 1 to 64/],
    ['a name that begins with a digit', [named('1st')], /^input\.tools\.0\.name: expected 1 to 64/],
    ['a long name', [named('x'.repeat(65))], /^input\.tools\.0\.name: expected 1 to 64/],
    [
      'the name of a tool of nodes',
      [named('write')],
      /^input\.tools\.0\.name: .* there is a tool "write"\.$/,
    ],
    ['the name of the question', [named('ask_user')], /there is a tool "ask_user"\.$/],
    ['one name twice', [locate, locate], /^input\.tools\.1\.name: .* there is a tool "get_location"\.$/],
    ['too many tools', many, /^input\.tools: expected at most 64 tools\.$/],
    ['tools that are too large together', long, /^input\.tools: expected at most 131,072 bytes/],
    [
      'a long description',
      [{ ...locate, description: 'x'.repeat(4_097) }],
      /^input\.tools\.0\.description: /,
    ],
    ['NUL in a description', [{ ...locate, description: 'a\0' }], /^input\.tools\.0\.description: /],
    ['a text as a schema', [schemed('object')], /inputSchema: expected a JSON Schema, which is an object\.$/],
    ['a schema of a text', [schemed({ type: 'string' })], /a schema of an object, at "type"\.$/],
    ['a deep schema', [schemed(nested(40))], /inputSchema: expected at most 32 levels\.$/],
    ['a very deep schema', [schemed(nested(2_000))], /inputSchema: expected at most 32 levels\.$/],
    ['a large schema', [schemed({ type: 'object', title: 'x'.repeat(33_000) })], /at most 32,768 bytes\.$/],
    [
      'a type that there is not',
      [withProperty({ type: 'int' })],
      /expected one of null, .*, at "properties\.p\.type"/,
    ],
    ['properties that are a list', [schemed({ type: 'object', properties: [] })], /at "properties"\.$/],
    [
      'required that is true',
      [schemed({ type: 'object', required: true })],
      /a list of texts, at "required"\.$/,
    ],
    ['an empty choice', [withProperty({ enum: [] })], /at least one value, at "properties\.p\.enum"\.$/],
    [
      'a broken pattern',
      [withProperty({ pattern: '(' })],
      /regular expression, at "properties\.p\.pattern"\.$/,
    ],
    ['a reference into the web', [withProperty({ $ref: 'https://a.b/c' })], /reference within the schema/],
    [
      'a reference that leads nowhere',
      [withProperty({ $ref: '#/$defs/q' })],
      /where the reference "#\/\$defs\/q" leads\.$/,
    ],
    ['an anchor', [withProperty({ $anchor: 'a' })], /is not supported: use \$ref/],
    [
      'a negative length',
      [withProperty({ minLength: -1 })],
      /whole number from 0, at "properties\.p\.minLength"\.$/,
    ],
  ])('%s', async (_what, tools, message) => {
    expect(await refusalOf({ tools })).toMatch(message);
  });

  test('and nothing of the prompt is stored', async () => {
    const gateway = shared();
    const sessionId = await gateway.createSession();
    await gateway.graphql(send, { input: { sessionId, prompt: 'Go', tools: [named('')] } });
    const { session } = await gateway.query(
      'query ($id: ID!) { session(id: $id) { messages { totalCount } activeRun { id } } }',
      { id: sessionId },
    );
    expect(session).toEqual({ messages: { totalCount: 0 }, activeRun: null });
  });
});

describe('hostile schemas', () => {
  const gateway = shared;

  test(
    'a hundred calls whose arguments take forever to check hold the event loop for a short time only',
    measured,
    async () => {
      const sessionId = await gateway().createSession();
      const slow = { type: 'object', properties: { a: { type: 'string', pattern: '^(a+)+$' } } };
      const calls = Array.from({ length: 100 }, (_none, at) =>
        toolCall(`c${at}`, 'get_location', { a: `${'a'.repeat(40 + at)}!` }),
      );
      gateway().model.script(calls, [text('Sorry.')]);
      let seen: SeenRunEvent[] = [];
      const turnMs = await longestTurn(async () => {
        const input = { sessionId, prompt: 'Go', tools: [schemed(slow)] };
        seen = await collect(chat(gateway().client(), input));
      });
      const results = seen.filter(({ __typename }) => __typename === 'ToolCallFinished');
      expect(results).toHaveLength(100);
      expect(new Set(results.map(({ result }) => result))).toEqual(
        new Set([expect.stringContaining('takes too long')]),
      );
      // It was 6 s.
      expect(turnMs).toBeLessThan(500);
    },
  );

  test(
    'as many schemas as are allowed are read in short turns, and more are refused before they are read',
    measured,
    async () => {
      const properties = Object.fromEntries(Array.from({ length: 200 }, (_none, at) => [at, {}]));
      const tools = (count: number) =>
        Array.from({ length: count }, (_none, at) => ({
          name: `tool_${at}`,
          inputSchema: { type: 'object', properties },
        }));
      const sessionId = await gateway().createSession();
      gateway().model.otherwise(() => [text('Hello.')]);
      const input = { sessionId, prompt: 'Go' };
      await collect(chat(gateway().client(), { ...input, tools: tools(1) }));
      const turnMs = await longestTurn(async () => {
        await collect(chat(gateway().client(), { ...input, tools: tools(40) }));
        expect(
          await refusalOf({ tools: tools(40).map((tool) => ({ ...tool, description: 'x'.repeat(2_000) })) }),
        ).toMatch(/^input\.tools: expected at most 131,072 bytes/);
      });
      expect(turnMs).toBeLessThan(150);
    },
  );
});

describe('arguments of the model', () => {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: {
      city: { $ref: '#/$defs/city' },
      days: { type: 'integer', minimum: 1, maximum: 7 },
      tags: { type: 'array', items: { enum: ['sun', 'rain'] }, maxItems: 2 },
      slow: { type: 'string', pattern: '^(a+)+$' },
      when: { oneOf: [{ type: 'string' }, { type: 'null' }] },
    },
    required: ['city'],
    additionalProperties: false,
    $defs: { city: { type: 'string', minLength: 2 } },
    examples: { id: 'http://%' },
  };

  test.each([
    [{}, 'required property "city"'],
    [{ city: 1 }, 'city: Instance type "number" is invalid. Expected "string".'],
    [{ city: 'Rome', days: 8 }, 'days: 8 is greater than 7.'],
    [{ city: 'Rome', days: 1.5 }, 'days: Instance type "number" is invalid. Expected "integer".'],
    [{ city: 'Rome', tags: ['snow'] }, 'tags.0: Instance does not match any of ["sun","rain"].'],
    [{ city: 'Rome', town: 'x' }, 'town'],
    [{ city: 'Rome', when: 5 }, 'when: '],
    [{ city: 'Rome', slow: `${'a'.repeat(60)}!` }, 'takes too long'],
  ])('%j never reach a client, and the model is told what is wrong', async (args, complaint) => {
    const gateway = shared();
    const sessionId = await gateway.createSession();
    gateway.model.script([toolCall('t', 'get_location', args)], [text('Sorry.')]);
    const begun = performance.now();
    const input = { sessionId, prompt: 'Go', tools: [schemed(schema)] };
    const seen = await collect(chat(gateway.client(), input));
    expect(performance.now() - begun).toBeLessThan(20_000);
    expect(seen.map(({ __typename }) => __typename)).not.toContain('ClientToolRequested');
    const finished = seen.find(({ __typename }) => __typename === 'ToolCallFinished');
    expect(finished).toMatchObject({ status: 'FAILED', errorCode: 'BAD_ARGUMENTS' });
    expect(finished?.['result']).toContain('The arguments are not what the tool expects. ');
    expect(finished?.['result']).toContain(complaint);
    expect(finished?.['result'].length).toBeLessThan(2_000);
  });

  test('that match reach the client', async () => {
    const gateway = shared();
    const sessionId = await gateway.createSession();
    const args = { city: 'Rome', days: 7, tags: ['sun'], slow: 'aaa', when: null };
    gateway.model.script([toolCall('t', 'get_location', args)], [text('Nice.')]);
    const input = { sessionId, prompt: 'Go', tools: [schemed(schema)] };
    const seen = await collectAnswering(chat(gateway.client(), input), (asked) => {
      expect(asked['args']).toEqual(args);
      return answerCall(gateway, asked, { result: 'ok' });
    });
    expect(seen.at(-1)?.__typename).toBe('RunCompleted');
  });

  test.each([
    ['without a question', {}, 'required property "question"'],
    ['with an empty one', { question: '' }, 'too short'],
    ['with an unknown type', { question: 'Why?', schema: { type: 'text' } }, 'schema: expected one of null'],
    ['with a deep schema', { question: 'Why?', schema: nested(40) }, 'schema: expected at most 32 levels'],
    [
      'with a reference to nothing',
      { question: 'Why?', schema: { $ref: '#/$defs/x' } },
      'where the reference "#/$defs/x" leads',
    ],
  ])('of a question %s are refused', async (_what, args, complaint) => {
    const gateway = shared();
    const sessionId = await gateway.createSession();
    gateway.model.script([toolCall('q', 'ask_user', args)], [text('Sorry.')]);
    const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Go', askUser: true }));
    const finished = seen.find(({ __typename }) => __typename === 'ToolCallFinished');
    expect(finished).toMatchObject({ status: 'FAILED', errorCode: 'BAD_ARGUMENTS' });
    expect(finished?.['result']).toContain(complaint);
  });

  test('a tool that is not offered is unknown, and the model is told which ones there are', async () => {
    const gateway = shared();
    const sessionId = await gateway.createSession();
    gateway.model.script([toolCall('q', 'ask_user', { question: 'Why?' })], [text('Sorry.')]);
    const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Go', tools: [locate] }));
    expect(seen.find(({ __typename }) => __typename === 'ToolCallFinished')).toMatchObject({
      errorCode: 'UNKNOWN_TOOL',
      result: 'There is no tool named "ask_user". The tools are: read, write, get_location.',
    });
  });
});

describe('the tools of a prompt', () => {
  async function openSession(input: Record<string, unknown> = {}) {
    const gateway = shared();
    const sessionId = await gateway.createSession(input);
    const ask = async (more: object = {}) => {
      gateway.model.script([text('Hi.')]);
      return await collect(chat(gateway.client(), { sessionId, prompt: 'Go', ...more }));
    };
    return { gateway, sessionId, ask };
  }

  test('are offered for that prompt only, and the question where the session or the prompt asks for it', async () => {
    const { gateway, sessionId, ask } = await openSession();
    await ask();
    expect(offered()).toEqual(ofNodes);
    await ask({ tools: [locate] });
    expect(offered()).toEqual([...ofNodes, 'get_location']);
    await ask({ askUser: true, tools: [] });
    expect(offered()).toEqual([...ofNodes, 'ask_user']);
    await ask();
    expect(offered()).toEqual(ofNodes);
    const update = 'mutation ($id: ID!) { updateSession(id: $id, input: { askUser: true }) { askUser } }';
    expect((await gateway.query(update, { id: sessionId })).updateSession).toEqual({ askUser: true });
    await ask();
    expect(offered()).toEqual([...ofNodes, 'ask_user']);
    await ask({ askUser: false });
    expect(offered()).toEqual(ofNodes);
  });

  test('a session can be created with questions, and keeps them when it is forked', async () => {
    const { gateway, ask } = await openSession({ askUser: true });
    const seen = await ask();
    expect(offered()).toEqual([...ofNodes, 'ask_user']);
    const fork = 'mutation ($id: ID!) { forkSession(messageId: $id) { askUser } }';
    const { forkSession } = await gateway.query(fork, { id: seen.at(-1)?.['message'].id });
    expect(forkSession).toEqual({ askUser: true });
  });

  test('hold when the prompt is answered once more, unless the client says something else', async () => {
    const { gateway, ask } = await openSession();
    const [started] = await ask({ tools: [locate], askUser: true });
    const prompt = await gateway.query('query ($id: ID!) { run(id: $id) { userMessage { id } } }', {
      id: started?.runId,
    });
    const answerTo = prompt.run.userMessage.id;
    const again = (more: object = {}) => ask({ prompt: undefined, answerTo, ...more });
    await again();
    expect(offered()).toEqual([...ofNodes, 'get_location', 'ask_user']);
    await again({ tools: [named('other')] });
    expect(offered()).toEqual([...ofNodes, 'other', 'ask_user']);
    await again({ tools: [], askUser: false });
    expect(offered()).toEqual(ofNodes);
  });

  test('are the same when the same request is sent again; others are refused', async () => {
    const { gateway, sessionId, ask } = await openSession();
    const requestId = 'r1';
    const [first] = await ask({ requestId, tools: [locate], askUser: true });
    const { description, inputSchema, name } = locate;
    const [same] = await ask({ requestId, tools: [{ inputSchema, name, description }] });
    expect(same?.runId).toBe(first?.runId);
    const input = { sessionId, prompt: 'Go', requestId };
    for (const other of [
      {},
      { tools: [] },
      { tools: null },
      { tools: [{ ...locate, description: 'Other.' }] },
      { tools: [locate, named('more')] },
      { tools: [locate], askUser: false },
    ]) {
      const { errors } = await gateway.graphql(send, { input: { ...input, ...other } });
      expect(errors?.[0]?.extensions).toMatchObject({ code: 'REQUEST_ID_REUSED', field: 'input.requestId' });
    }
  });

  test('are stored once for a session, counted, and deleted with its history', async () => {
    const { gateway, sessionId, ask } = await openSession();
    const { database } = gateway.services;
    const id = Number(Buffer.from(sessionId, 'base64').toString().split(':')[1]);
    const bytes = async () =>
      Number((await database.session.findUniqueOrThrow({ where: { id } })).storedBytes);
    const before = await bytes();
    await ask({ tools: [locate] });
    const toolBytes = Buffer.byteLength(JSON.stringify([locate]));
    expect((await bytes()) - before).toBe(toolBytes + 'Go'.length + 'Hi.'.length);
    await ask({ tools: [locate] });
    expect((await bytes()) - before).toBe(toolBytes + 2 * ('Go'.length + 'Hi.'.length));
    expect(await database.toolSet.count({ where: { sessionId: id } })).toBe(1);
    await gateway.query('mutation ($id: ID!) { clearHistory(sessionId: $id) { id } }', { id: sessionId });
    expect(await bytes()).toBe(before);
    expect(await database.toolSet.count({ where: { sessionId: id } })).toBe(0);
  });

  test('count in the estimate of the context', async () => {
    const { gateway, sessionId } = await openSession();
    const inputTokens = async (more: object) => {
      gateway.model.script([text('Hi.'), noUsage()]);
      const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Go', ...more }));
      return seen.at(-1)?.['usage'].inputTokens as number;
    };
    const without = await inputTokens({});
    const inputSchema = { type: 'object', description: 'word '.repeat(1_000) };
    expect((await inputTokens({ tools: [schemed(inputSchema)] })) - without).toBeGreaterThan(1_000);
    expect((await inputTokens({ askUser: true })) - without).toBeGreaterThan(100);
  });

  test('their results are told to the model again, and copied with the branch', async () => {
    const { gateway, sessionId, ask } = await openSession();
    gateway.model.script([toolCall('l', 'get_location', { precision: 'city' })], [text('In Lisbon.')]);
    const input = { sessionId, prompt: 'Where?', tools: [locate] };
    const seen = await collectAnswering(chat(gateway.client(), input), (asked) =>
      answerCall(gateway, asked, { result: 'Lisbon' }),
    );
    await ask();
    const told = [
      { role: 'user' },
      { role: 'assistant', tool_calls: [{ function: { name: 'get_location' } }] },
      { role: 'tool', content: 'Lisbon' },
      { role: 'assistant', content: 'In Lisbon.' },
      { role: 'user', content: 'Go' },
    ];
    expect(gateway.model.requests.at(-1)?.body['messages']).toMatchObject(told);
    const fork = 'mutation ($id: ID!) { forkSession(messageId: $id) { id } }';
    const { forkSession } = await gateway.query(fork, { id: seen.at(-1)?.['message'].id });
    gateway.model.script([text('Hi.')]);
    const copied = await collect(chat(gateway.client(), { sessionId: forkSession.id, prompt: 'Go' }));
    expect(gateway.model.requests.at(-1)?.body['messages']).toMatchObject(told);
    expect(copied.at(-1)?.__typename).toBe('RunCompleted');
    const read = `query ($id: ID!) { session(id: $id) { messages(first: 2) { edges { node {
      toolCalls { byClient answeredBy status result } } } } } }`;
    const { session } = await gateway.query(read, { id: forkSession.id });
    expect(session.messages.edges[1].node.toolCalls).toEqual([
      { byClient: true, answeredBy: 'anonymous', status: 'SUCCEEDED', result: 'Lisbon' },
    ]);
    expect(await toolCallsOf(gateway, (seen[0] as SeenRunEvent).runId)).toMatchObject([{ nodeId: null }]);
  });
});
