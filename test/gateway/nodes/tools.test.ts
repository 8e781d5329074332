import { afterAll, beforeAll, expect, test } from 'vitest';
import { chat, collect, type SeenRunEvent } from '../../support/gateway/chat.ts';
import { type ScriptedGateway, startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import type { ModelRequest } from '../../support/model/model-server.ts';
import { text, toolCall } from '../../support/model/turn.ts';
import { createNodeSession } from '../../support/node/nodes.ts';
import { startOwnNode } from './own-node.ts';

interface OfferedTool {
  function: {
    name: string;
    description: string;
    parameters: { properties: Record<string, object>; required: string[] };
  };
}

const toolsIn = ({ body }: ModelRequest) => (body['tools'] ?? []) as OfferedTool[];
const namesIn = (request: ModelRequest) => toolsIn(request).map((tool) => tool.function.name);

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScriptedGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** The model request of a prompt in a new session with these nodes. */
async function offer(nodeIds: string[], input: object = {}): Promise<ModelRequest> {
  const sessionId = await createNodeSession(gateway, nodeIds, input);
  gateway.model.script([text('Hello.')]);
  await collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }));
  return gateway.model.request(gateway.model.requests.length - 1);
}

/** The end of a tool call in a new session with these nodes. */
async function call(nodeIds: string[], name: string, args: object): Promise<SeenRunEvent> {
  const sessionId = await createNodeSession(gateway, nodeIds);
  gateway.model.script([toolCall('a', name, args)], [text('Oh.')]);
  const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Work' }));
  return seen.find(({ __typename }) => __typename === 'ToolCallFinished') as SeenRunEvent;
}

test('the model is offered tools with a JSON Schema, in which the node is optional if there is only one', async () => {
  await using _laptop = await startOwnNode(gateway, 'laptop');

  const tools = toolsIn(await offer(['laptop']));

  expect(tools.find((tool) => tool.function.name === 'run_command')).toMatchInlineSnapshot(`
      {
        "function": {
          "description": "Runs a command on a node, without input, and returns what it prints. The owner of the node decides which commands are allowed.",
          "name": "run_command",
          "parameters": {
            "additionalProperties": false,
            "properties": {
              "command": {
                "description": "The command line.",
                "maxLength": 100000,
                "minLength": 1,
                "type": "string",
              },
              "cwd": {
                "description": "The folder to run it in. Default: the workspace folder.",
                "maxLength": 4096,
                "minLength": 1,
                "type": "string",
              },
              "node": {
                "description": "The node to run it on.
      laptop",
                "enum": [
                  "laptop",
                ],
                "type": "string",
              },
              "timeout_ms": {
                "description": "Milliseconds after which it is stopped.",
                "maximum": 600000,
                "minimum": 1,
                "type": "integer",
              },
            },
            "required": [
              "command",
            ],
            "type": "object",
          },
        },
        "type": "function",
      }
    `);
  const required = tools.map((tool) => [tool.function.name, tool.function.parameters.required]);
  expect(Object.fromEntries(required)).toEqual({
    run_command: ['command'],
    read_file: ['path'],
    write_file: ['path', 'content'],
    edit_file: ['path', 'old_text', 'new_text'],
    list_files: undefined,
    search_files: ['pattern'],
  });
});

test('the model is offered each tool that some node can run, with the nodes that can run it', async () => {
  await using _laptop = await startOwnNode(gateway, 'laptop', { capabilities: ['run_command', 'read_file'] });
  await using _server = await startOwnNode(gateway, 'server', { capabilities: ['read_file', 'list_files'] });

  const request = await offer(['laptop', 'server', 'never-connected']);

  const nodes = toolsIn(request).map((tool) => [
    tool.function.name,
    tool.function.parameters.properties['node'],
  ]);
  expect(Object.fromEntries(nodes)).toMatchObject({
    run_command: { enum: ['laptop'] },
    read_file: { enum: ['laptop', 'server'] },
    list_files: { enum: ['server'] },
  });
  expect(namesIn(request)).toHaveLength(3);
  const readFile = toolsIn(request).find((tool) => tool.function.name === 'read_file');
  expect(readFile?.function.parameters.required).toEqual(['path', 'node']);
});

test('a tool shows the model at most 200 UTF-16 units of the description of a node', async () => {
  await using _laptop = await startOwnNode(gateway, 'laptop');
  const update = `mutation ($description: String!) {
      updateNode(nodeId: "laptop", input: { description: $description }) { id }
    }`;
  await gateway.query(update, { description: '😀'.repeat(500) });

  const [tool] = toolsIn(await offer(['laptop']));

  expect(tool?.function.parameters.properties['node']).toMatchObject({
    description: `The node to run it on.\nlaptop: ${'😀'.repeat(100)}…`,
  });
});

test('a session with toolApproval DENY offers only tools that need no approval', async () => {
  await using _laptop = await startOwnNode(gateway, 'laptop');
  const request = await offer(['laptop'], { toolApproval: 'DENY' });
  expect(namesIn(request)).toEqual(['read_file', 'list_files', 'search_files']);
});

test('the model is offered no tools in a session without nodes, or with a disabled node only', async () => {
  await using _laptop = await startOwnNode(gateway, 'laptop');
  await gateway.query('mutation { updateNode(nodeId: "laptop", input: { isActive: false }) { id } }');
  expect(namesIn(await offer([]))).toEqual([]);
  expect(namesIn(await offer(['laptop']))).toEqual([]);
});

const command = { command: 'ls' };

test.each([
  ['without an argument', 'run_command', {}, 'BAD_ARGUMENTS', /command: .*expected string/],
  ['with an argument of another type', 'read_file', { path: 7 }, 'BAD_ARGUMENTS', /path: .*expected string/],
  ['with an unknown argument', 'run_command', { ...command, timeout: 5 }, 'BAD_ARGUMENTS', /"timeout"/],
  [
    'with a time that is too long',
    'run_command',
    { ...command, timeout_ms: 700_000 },
    'BAD_ARGUMENTS',
    /timeout_ms: .*600000/,
  ],
  [
    'for another node',
    'run_command',
    { ...command, node: 'desk' },
    'BAD_ARGUMENTS',
    /node: expected one of laptop/,
  ],
  ['of an unknown tool', 'fly', {}, 'UNKNOWN_TOOL', /no tool named "fly".*: run_command, read_file/],
])(
  'a tool call %s fails, the model is told why, and nothing is sent to the node',
  async (_what, name, args, code, complaint) => {
    await using laptop = await startOwnNode(gateway, 'laptop');

    const finished = await call(['laptop'], name, args);

    expect(finished).toMatchObject({ status: 'FAILED', errorCode: code });
    expect(finished['result']).toMatch(complaint);
    expect(JSON.stringify(gateway.model.requests.at(-1)?.body)).toContain(
      JSON.stringify(finished['result']).slice(1, -1),
    );
    expect(laptop.commands).toHaveLength(1);
  },
);

test('a tool call that does not name one of several nodes fails with the names of the nodes', async () => {
  await using _laptop = await startOwnNode(gateway, 'laptop');
  await using _server = await startOwnNode(gateway, 'server');
  expect(await call(['laptop', 'server'], 'run_command', command)).toMatchObject({
    errorCode: 'BAD_ARGUMENTS',
    result: 'The arguments are not what the tool expects. node: expected one of laptop, server.',
  });
});

test('a tool call for a node that is offline shows the nodeId of that node', async () => {
  await using laptop = await startOwnNode(gateway, 'laptop');
  await gateway.query('mutation { rotateNodeToken(nodeId: "laptop") { token } }');
  await laptop.ended;
  gateway.model.script([toolCall('a', 'run_command', { command: 'ls' })], [text('Oh.')]);
  const sessionId = await createNodeSession(gateway, ['laptop']);
  const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Work' }));
  const started = seen.find(({ __typename }) => __typename === 'ToolCallStarted');
  expect(started).toMatchObject({ nodeId: 'laptop' });
});

test('an argument of a tool call that is null counts as left out', async () => {
  await using laptop = await startOwnNode(gateway, 'laptop');
  const finished = call(['laptop'], 'list_files', { path: null, depth: 2, node: null });
  const dispatch = await laptop.take();
  await laptop.finish(dispatch['dispatchId']);
  expect(dispatch['args']).toEqual({ depth: 2 });
  expect(await finished).toMatchObject({ status: 'SUCCEEDED' });
});

test('a tool call that is approved after its node was detached does not run', async () => {
  await using laptop = await startOwnNode(gateway, 'laptop');
  gateway.model.script([toolCall('a', 'run_command', { command: 'ls' })], [text('Oh.')]);
  const sessionId = await createNodeSession(gateway, ['laptop'], { toolApproval: 'ASK' });
  const seen: SeenRunEvent[] = [];
  for await (const event of chat(gateway.client(), { sessionId, prompt: 'Work' })) {
    seen.push(event);
    if (event.__typename !== 'ToolApprovalRequested') continue;
    await gateway.query('mutation ($id: ID!) { detachNode(sessionId: $id, nodeId: "laptop") { id } }', {
      id: sessionId,
    });
    const approve = 'mutation ($runId: ID!) { approveToolCall(runId: $runId, callId: "a") { status } }';
    // Refused, because the question was withdrawn.
    await gateway.graphql(approve, { runId: event.runId });
  }
  expect(seen.find(({ __typename }) => __typename === 'ToolCallFinished')).toMatchObject({
    errorCode: 'NODE_OFFLINE',
    result: 'The node "laptop" is not attached to the session any more. Nothing was started.',
  });
  expect(laptop.commands).toHaveLength(1);
});
