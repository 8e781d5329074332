import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chat, collect } from '../../support/gateway/chat.ts';
import { modelsByFormat, type SettingFormat } from '../../support/gateway/model-gateway.ts';
import { shareModelGateway } from '../../support/gateway/shared-gateway.ts';
import { text } from '../../support/model/turn.ts';
import { createNodeSession, startNode } from '../../support/node/nodes.ts';

const shared = shareModelGateway('openai');
const nodes: AsyncDisposable[] = [];
beforeAll(async () => {
  const options = { capabilities: ['read_file'] };
  for (const nodeId of ['laptop', 'desk']) nodes.push(await startNode(shared(), nodeId, options));
});
afterAll(async () => {
  for (const node of nodes) await node[Symbol.asyncDispose]();
});

/** What a request tells a model of the tools of two nodes that can only read files. */
async function toolsOnTheWire(format: SettingFormat) {
  const gateway = shared();
  const { model } = gateway;
  const [providerName, modelName] = modelsByFormat[format].split('/');
  const sessionId = await createNodeSession(gateway, ['laptop', 'desk'], { providerName, modelName });
  model.script([text('Hello.')]);
  await collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }));
  const { body } = await model.request(0);
  return { tools: body['tools'], choice: body['tool_choice'] ?? body['toolConfig'] };
}

describe('the tools of nodes', () => {
  test('a model of openai is offered the tools of its nodes', async () => {
    expect(await toolsOnTheWire('openai')).toMatchInlineSnapshot(`
      {
        "choice": "auto",
        "tools": [
          {
            "function": {
              "description": "Reads a text file on a node, or some lines of it.",
              "name": "read_file",
              "parameters": {
                "additionalProperties": false,
                "properties": {
                  "max_lines": {
                    "description": "How many lines to read. Default: as many as fit into the result.",
                    "maximum": 1000000,
                    "minimum": 1,
                    "type": "integer",
                  },
                  "node": {
                    "description": "The node to run it on.
      laptop
      desk",
                    "enum": [
                      "laptop",
                      "desk",
                    ],
                    "type": "string",
                  },
                  "path": {
                    "description": "Relative to the workspace folder of the node, or absolute within it.",
                    "maxLength": 4096,
                    "minLength": 1,
                    "type": "string",
                  },
                  "start_line": {
                    "description": "The first line to read, counted from 1.",
                    "maximum": 1000000,
                    "minimum": 1,
                    "type": "integer",
                  },
                },
                "required": [
                  "path",
                  "node",
                ],
                "type": "object",
              },
            },
            "type": "function",
          },
        ],
      }
    `);
  });

  test('a model of anthropic is offered the tools of its nodes', async () => {
    expect(await toolsOnTheWire('anthropic')).toMatchInlineSnapshot(`
      {
        "choice": {
          "type": "auto",
        },
        "tools": [
          {
            "cache_control": {
              "type": "ephemeral",
            },
            "description": "Reads a text file on a node, or some lines of it.",
            "eager_input_streaming": true,
            "input_schema": {
              "additionalProperties": false,
              "properties": {
                "max_lines": {
                  "description": "How many lines to read. Default: as many as fit into the result.",
                  "maximum": 1000000,
                  "minimum": 1,
                  "type": "integer",
                },
                "node": {
                  "description": "The node to run it on.
      laptop
      desk",
                  "enum": [
                    "laptop",
                    "desk",
                  ],
                  "type": "string",
                },
                "path": {
                  "description": "Relative to the workspace folder of the node, or absolute within it.",
                  "maxLength": 4096,
                  "minLength": 1,
                  "type": "string",
                },
                "start_line": {
                  "description": "The first line to read, counted from 1.",
                  "maximum": 1000000,
                  "minimum": 1,
                  "type": "integer",
                },
              },
              "required": [
                "path",
                "node",
              ],
              "type": "object",
            },
            "name": "read_file",
          },
        ],
      }
    `);
  });

  test('a model of google is offered the tools of its nodes', async () => {
    expect(await toolsOnTheWire('google')).toMatchInlineSnapshot(`
      {
        "choice": {
          "functionCallingConfig": {
            "mode": "AUTO",
          },
        },
        "tools": [
          {
            "functionDeclarations": [
              {
                "description": "Reads a text file on a node, or some lines of it.",
                "name": "read_file",
                "parameters": {
                  "properties": {
                    "max_lines": {
                      "description": "How many lines to read. Default: as many as fit into the result.",
                      "type": "integer",
                    },
                    "node": {
                      "description": "The node to run it on.
      laptop
      desk",
                      "enum": [
                        "laptop",
                        "desk",
                      ],
                      "type": "string",
                    },
                    "path": {
                      "description": "Relative to the workspace folder of the node, or absolute within it.",
                      "minLength": 1,
                      "type": "string",
                    },
                    "start_line": {
                      "description": "The first line to read, counted from 1.",
                      "type": "integer",
                    },
                  },
                  "required": [
                    "path",
                    "node",
                  ],
                  "type": "object",
                },
              },
            ],
          },
        ],
      }
    `);
  });
});
