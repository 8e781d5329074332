import { describe, expect, test } from 'vitest';
import { chat, collect, type SeenRunEvent } from '../../support/gateway/chat.ts';
import { type ScriptedGateway, startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import type { ModelRequest } from '../../support/model/model-server.ts';
import { text, toolCall } from '../../support/model/turn.ts';
import { createNodeSession, startNode } from '../../support/node/nodes.ts';

interface OfferedTool {
  function: {
    name: string;
    description: string;
    parameters: { properties: Record<string, object>; required: string[] };
  };
}

const toolsIn = ({ body }: ModelRequest) => (body['tools'] ?? []) as OfferedTool[];
const namesIn = (request: ModelRequest) => toolsIn(request).map((tool) => tool.function.name);

/** What the model is offered in a session. */
async function offer(gateway: ScriptedGateway, nodeIds: string[], input: object = {}): Promise<ModelRequest> {
  const sessionId = await createNodeSession(gateway, nodeIds, input);
  gateway.model.script([text('Hello.')]);
  await collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }));
  return gateway.model.request(gateway.model.requests.length - 1);
}

/** What becomes of one call. */
async function call(
  gateway: ScriptedGateway,
  nodeIds: string[],
  name: string,
  args: object,
): Promise<SeenRunEvent> {
  const sessionId = await createNodeSession(gateway, nodeIds);
  gateway.model.script([toolCall('a', name, args)], [text('Oh.')]);
  const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Work' }));
  return seen.find(({ __typename }) => __typename === 'ToolCallFinished') as SeenRunEvent;
}

describe('the tools that a model is offered', () => {
  test('are described by JSON Schema, the node left to the gateway where there is one', async () => {
    await using gateway = await startScriptedGateway();
    await using _laptop = await startNode(gateway, 'laptop');

    const tools = toolsIn(await offer(gateway, ['laptop']));

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

  test('are those that some node can run, each with the nodes that can', async () => {
    await using gateway = await startScriptedGateway();
    await using _laptop = await startNode(gateway, 'laptop', { capabilities: ['run_command', 'read_file'] });
    await using _server = await startNode(gateway, 'server', { capabilities: ['read_file', 'list_files'] });

    const request = await offer(gateway, ['laptop', 'server', 'never-connected']);

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

  test('quote no more than the beginning of how a node is described', async () => {
    await using gateway = await startScriptedGateway();
    await using _laptop = await startNode(gateway, 'laptop');
    const update = `mutation ($description: String!) {
      updateNode(nodeId: "laptop", input: { description: $description }) { id }
    }`;
    await gateway.query(update, { description: '😀'.repeat(500) });

    const [tool] = toolsIn(await offer(gateway, ['laptop']));

    expect(tool?.function.parameters.properties['node']).toMatchObject({
      description: `The node to run it on.\nlaptop: ${'😀'.repeat(199)}…`,
    });
  });

  test('do not change anything in a session that denies that', async () => {
    await using gateway = await startScriptedGateway();
    await using _laptop = await startNode(gateway, 'laptop');
    const request = await offer(gateway, ['laptop'], { toolApproval: 'DENY' });
    expect(namesIn(request)).toEqual(['read_file', 'list_files', 'search_files']);
  });

  test('are none without a node, and none of a node that was switched off', async () => {
    await using gateway = await startScriptedGateway();
    await using _laptop = await startNode(gateway, 'laptop');
    await gateway.query('mutation { updateNode(nodeId: "laptop", input: { isActive: false }) { id } }');
    expect(namesIn(await offer(gateway, []))).toEqual([]);
    expect(namesIn(await offer(gateway, ['laptop']))).toEqual([]);
  });
});

describe('a call that does not fit', () => {
  const command = { command: 'ls' };

  test.each([
    ['without an argument', 'run_command', {}, 'BAD_ARGUMENTS', /command: .*expected string/],
    [
      'with an argument of another type',
      'read_file',
      { path: 7 },
      'BAD_ARGUMENTS',
      /path: .*expected string/,
    ],
    ['with an unknown argument', 'run_command', { ...command, timeout: 5 }, 'BAD_ARGUMENTS', /"timeout"/],
    [
      'that asks for too long',
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
    ['of a tool there is not', 'fly', {}, 'UNKNOWN_TOOL', /no tool named "fly".*: run_command, read_file/],
  ])('%s is told to the model, and nothing is sent', async (_what, name, args, code, complaint) => {
    await using gateway = await startScriptedGateway();
    await using laptop = await startNode(gateway, 'laptop');

    const finished = await call(gateway, ['laptop'], name, args);

    expect(finished).toMatchObject({ status: 'FAILED', errorCode: code });
    expect(finished['result']).toMatch(complaint);
    expect(JSON.stringify(gateway.model.requests[1]?.body)).toContain(
      JSON.stringify(finished['result']).slice(1, -1),
    );
    expect(laptop.commands).toHaveLength(1);
  });

  test('because it names none of several nodes is told which there are', async () => {
    await using gateway = await startScriptedGateway();
    await using _laptop = await startNode(gateway, 'laptop');
    await using _server = await startNode(gateway, 'server');
    expect(await call(gateway, ['laptop', 'server'], 'run_command', command)).toMatchObject({
      errorCode: 'BAD_ARGUMENTS',
      result: 'The arguments are not what the tool expects. node: expected one of laptop, server.',
    });
  });
});

test('a call for a node that is offline says which one it was meant for', async () => {
  await using gateway = await startScriptedGateway();
  await using laptop = await startNode(gateway, 'laptop');
  await gateway.query('mutation { rotateNodeToken(nodeId: "laptop") { token } }');
  await laptop.ended;
  gateway.model.script([toolCall('a', 'run_command', { command: 'ls' })], [text('Oh.')]);
  const sessionId = await createNodeSession(gateway, ['laptop']);
  const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Work' }));
  const started = seen.find(({ __typename }) => __typename === 'ToolCallStarted');
  expect(started).toMatchObject({ nodeId: 'laptop' });
});

test('an argument that is null counts as left out', async () => {
  await using gateway = await startScriptedGateway();
  await using laptop = await startNode(gateway, 'laptop');
  const finished = call(gateway, ['laptop'], 'list_files', { path: null, depth: 2, node: null });
  const dispatch = await laptop.take();
  await laptop.finish(dispatch['dispatchId']);
  expect(dispatch['args']).toEqual({ depth: 2 });
  expect(await finished).toMatchObject({ status: 'SUCCEEDED' });
});

test('a call that was allowed after its node was detached does not run', async () => {
  await using gateway = await startScriptedGateway();
  await using laptop = await startNode(gateway, 'laptop');
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
    await gateway.query(approve, { runId: event.runId });
  }
  expect(seen.find(({ __typename }) => __typename === 'ToolCallFinished')).toMatchObject({
    errorCode: 'NODE_OFFLINE',
    result: 'The node "laptop" is not attached to the session any more. Nothing was started.',
  });
  expect(laptop.commands).toHaveLength(1);
});
