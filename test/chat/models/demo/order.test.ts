import type { LanguageModelV3FunctionTool, LanguageModelV3Prompt } from '@ai-sdk/provider';
import { describe, expect, test } from 'vitest';
import { createDemoModel } from '../../../../src/chat/models/demo/demo-model.ts';
import { allParts } from '../../../support/model/call.ts';

const model = createDemoModel({ delayMs: 0 });
const names = ['run_command', 'read_file', 'list_files'];

/** Node tools as the gateway offers them: with the nodes to choose from. */
function toolsOn(nodeIds: string[], offered = names): LanguageModelV3FunctionTool[] {
  return offered.map((name) => ({
    type: 'function',
    name,
    inputSchema: { type: 'object', properties: { node: { type: 'string', enum: nodeIds } } },
  }));
}

async function reply(prompt: string | LanguageModelV3Prompt, tools: LanguageModelV3FunctionTool[] = []) {
  const said: LanguageModelV3Prompt =
    typeof prompt === 'string' ? [{ role: 'user', content: [{ type: 'text', text: prompt }] }] : prompt;
  const { stream } = await model.doStream({ prompt: said, tools });
  const parts = await allParts(stream);
  const call = parts.find((part) => part.type === 'tool-call');
  const text = parts.map((part) => (part.type === 'text-delta' ? part.delta : '')).join('');
  return { parts, call: call && ([call.toolName, JSON.parse(call.input)] as const), text };
}

/** What alice's session shows the model once a tool has been called. */
function afterCall(toolName: string, input: object, output: string, type: 'text' | 'error-text' = 'text') {
  const call = { toolCallId: 'a', toolName };
  return reply([
    { role: 'user', content: [{ type: 'text', text: 'run `make` on laptop' }] },
    { role: 'assistant', content: [{ type: 'tool-call', ...call, input }] },
    { role: 'tool', content: [{ type: 'tool-result', ...call, output: { type, value: output } }] },
  ]);
}

describe('the demo model with a node', () => {
  test('says what it does, then calls the tool', async () => {
    const { parts } = await reply('run `uname -a`', toolsOn(['laptop']));
    const shown = parts.slice(2).map((part) => ('delta' in part ? part.delta : part.type));
    const reasoning = 'The prompt asks for `uname -a` on laptop. I call run_command.';
    expect(shown).toEqual([
      ...['reasoning-start', ...(reasoning.match(/\S+\s*/g) ?? []), 'reasoning-end'],
      ...['tool-input-start', '{"command":"uname -a","node":"laptop"}', 'tool-input-end', 'tool-call'],
      'finish',
    ]);
    const input = '{"command":"uname -a","node":"laptop"}';
    expect(parts.at(-2)).toEqual({
      type: 'tool-call',
      toolCallId: expect.stringMatching(/^call_[\w-]{16}$/),
      toolName: 'run_command',
      input,
    });
    expect(parts.at(-1)).toMatchObject({
      finishReason: { unified: 'tool-calls' },
      usage: { outputTokens: { reasoning: 16, text: 13, total: 29 } },
    });
  });

  test.each([
    ['run ls', 'ls'],
    ['Run ls -la on laptop', 'ls -la'],
    ['please run the command ls -la', 'ls -la'],
    ['execute git status --short.', 'git status --short'],
    ['Can you run `npm test`?', 'npm test'],
    ['Could you please run "pwd"', undefined],
    ['run the following command: terraform plan', 'terraform plan'],
    ['On the node laptop, run `ls | wc -l`', 'ls | wc -l'],
    ['Run `echo on desk` on my laptop, please!', 'echo on desk'],
    ['run ./build.sh fast', './build.sh fast'],
    ['run `sleep 1` and tell me what it says', 'sleep 1'],
    ['Run\n```sh\ncd src\nls\n```', 'cd src\nls'],
  ])('takes %j for a command', async (prompt, command) => {
    const { call } = await reply(prompt, toolsOn(['laptop']));
    expect(call).toEqual(command && ['run_command', { command, node: 'laptop' }]);
  });

  test.each([
    ['read README.md', { path: 'README.md' }],
    ['show me the file src/main.ts on laptop', { path: 'src/main.ts' }],
    ['Please show the contents of `my notes.txt`.', { path: 'my notes.txt' }],
    ['open the file Rakefile', { path: 'Rakefile' }],
    ['could you read LICENSE?', { path: 'LICENSE' }],
    ['read .gitignore', { path: '.gitignore' }],
  ])('takes %j for a file to read', async (prompt, args) => {
    const { call } = await reply(prompt, toolsOn(['laptop']));
    expect(call).toEqual(['read_file', { ...args, node: 'laptop' }]);
  });

  test.each([
    ['list the files', {}],
    ['list files in src', { path: 'src' }],
    ['List all files in the `test/e2e` folder on laptop.', { path: 'test/e2e' }],
    ['show me the files in the workspace', {}],
    ['what files are there?', {}],
  ])('takes %j for files to list', async (prompt, args) => {
    const { call } = await reply(prompt, toolsOn(['laptop']));
    expect(call).toEqual(['list_files', { ...args, node: 'laptop' }]);
  });

  test.each([
    'run out of milk',
    'Run a marathon',
    'run for president',
    'run me through the plan',
    'run away - quickly',
    'Can you run python?',
    'What happens when I run `rm -rf /`?',
    "Don't run `rm -rf /`",
    'Why did you execute ls -la?',
    'execute the plan',
    'run the command line',
    'run the command again',
    'run rm -rf build and then the tests',
    'run rm -rf build, dist',
    'run ls -la\nand remember the milk',
    'read me a story',
    'read between the lines',
    'show me the money',
    'read https://example.com/a.txt',
    'list the rivers of Portugal',
    'list the files that matter to you',
    `run echo ${'long '.repeat(1_000)}`,
  ])('calls nothing for %j', async (prompt) => {
    const { call, text } = await reply(prompt, toolsOn(['laptop']));
    expect(call).toBeUndefined();
    expect(text).toContain('demo model');
  });

  test('goes by the last prompt, and by what is offered with it', async () => {
    const earlier: LanguageModelV3Prompt = [
      { role: 'user', content: [{ type: 'text', text: 'run `ls`' }] },
      { role: 'assistant', content: [{ type: 'text', text: 'No.' }] },
      { role: 'user', content: [{ type: 'text', text: '2 + 2' }] },
    ];
    expect(await reply(earlier, toolsOn(['laptop']))).toMatchObject({ call: undefined, text: '2 + 2 = 4' });
  });

  test('takes a tool without nodes to choose from as it is', async () => {
    const anywhere = { type: 'function', name: 'list_files', inputSchema: { type: 'object' } } as const;
    expect((await reply('list the files', [anywhere])).call).toEqual(['list_files', {}]);
  });

  test('asks which node, where there are several', async () => {
    const tools = toolsOn(['laptop', 'desk']);
    expect(await reply('run `ls`', tools)).toMatchObject({
      call: undefined,
      text: 'On which node? Say it again with "on" and one of: `laptop`, `desk`.',
    });
    expect((await reply('run `ls` on desk', tools)).call).toEqual([
      'run_command',
      { command: 'ls', node: 'desk' },
    ]);
  });

  test('says which nodes there are, where it is asked for another', async () => {
    expect(await reply('run `ls` on phone', toolsOn(['laptop', 'desk']))).toMatchObject({
      call: undefined,
      text: 'There is no node `phone` here that could. There are: `laptop`, `desk`.',
    });
  });

  test('says how to attach a node, where there is none', async () => {
    const { call, text } = await reply('run `ls`');
    expect(call).toBeUndefined();
    expect(text).toMatch(/No node is attached.*registerNode.*switchyard agent.*attachNodes/s);
  });

  test('says what there is, where the tool is not offered', async () => {
    const { call, text } = await reply('run `ls`', toolsOn(['laptop'], ['read_file']));
    expect(call).toBeUndefined();
    expect(text).toMatch(/takes `run_command`.*offers `read_file`.*`toolApproval`/s);
  });
});

describe('the demo model with a tool result', () => {
  test('shows it and stops', async () => {
    const { parts, call, text } = await afterCall('run_command', { command: 'make', node: 'laptop' }, 'ok\n');
    expect(text).toBe('`make` on laptop:\n\n```\nok\n```');
    expect(call).toBeUndefined();
    expect(parts.at(-1)).toMatchObject({
      finishReason: { unified: 'stop' },
      usage: { inputTokens: { total: 19 } },
    });
  });

  test('says that it failed, and why', async () => {
    const { text } = await afterCall('read_file', { path: 'a.txt' }, 'There is no file a.txt.', 'error-text');
    expect(text).toBe('`a.txt` did not succeed:\n\n```\nThere is no file a.txt.\n```');
  });

  test('says that there is nothing to show', async () => {
    const { text } = await afterCall('run_command', { command: 'true' }, '\n');
    expect(text).toBe('`true`, with nothing to show.');
  });

  test('shortens what is long, and states it', async () => {
    const lines = Array.from({ length: 1_000 }, (_, index) => `file ${index + 1}`);
    const { text } = await afterCall('list_files', { path: 'src' }, lines.join('\n'));
    const shown = text.split('\n');
    expect(shown[0]).toBe('The list of files in `src`:');
    expect(shown.slice(3, 43)).toEqual(lines.slice(0, 40));
    expect(shown.slice(43, -1)).toEqual(['[… 950 lines left out …]', ...lines.slice(-10)]);
  });

  test('shortens a line that is long', async () => {
    const { text } = await afterCall('read_file', { path: 'bundle.js' }, 'x'.repeat(1_000_000));
    expect(text).toBe(`\`bundle.js\`:\n\n\`\`\`\n${'x'.repeat(300)}…\n\`\`\``);
  });

  test('fences what has fences in it', async () => {
    const { text } = await afterCall('read_file', { path: 'a.md' }, '```js\n1\n```');
    expect(text).toBe('`a.md`:\n\n````\n```js\n1\n```\n````');
  });
});
