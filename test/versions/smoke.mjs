// Runs in a folder where the package is installed, under the Node.js that is tried.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createSwitchyard } from 'switchyard/client';

const program = 'node_modules/.bin/switchyard';
const probe = createServer().listen(0, '127.0.0.1');
await once(probe, 'listening');
const port = String(probe.address().port);
probe.close();
const url = `http://127.0.0.1:${port}`;
const { DATA_DIR } = process.env;
const env = { ...process.env, PORT: port, MODEL: 'demo', DEMO_DELAY_MS: '0', LOG_LEVEL: 'warn' };

/** Programs that end with this one. */
const running = new Set();
setTimeout(() => process.exit(1), 60_000).unref();
process.once('SIGTERM', () => process.exit(1));
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

function start(...args) {
  const child = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

async function startGateway() {
  const gateway = start('serve');
  gateway.stdout.resume();
  while (
    !(await fetch(`${url}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    assert.equal(gateway.exitCode, null, 'The gateway has ended.');
    await delay(50);
  }
  return gateway;
}

async function stop(child) {
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const [code] = await exited;
  assert.equal(code, 0, 'The gateway does not end in order.');
}

const first = await startGateway();
const switchyard = createSwitchyard({ url });

// A chat.
const plain = await switchyard.query('mutation { createSession(input: {}) { id } }');
const said = await switchyard.chat(plain.createSession.id, 'What is 12 * 12?').result;
assert.match(said.text, /144/);

// A tool, on a node.
const register = start('node', 'register', 'laptop');
let token = '';
for await (const chunk of register.stdout) token += chunk;
const workspace = `${DATA_DIR}-workspace`;
mkdirSync(workspace);
env.SWITCHYARD_TOKEN = token.trim();
start('agent', '--gateway', url, '--workspace', workspace).stdout.resume();
const online = async () => {
  const { agentNode } = await switchyard.query('{ agentNode(nodeId: "laptop") { connection } }');
  return agentNode?.connection === 'ONLINE';
};
while (!(await online())) await delay(50);
const input = 'mutation { createSession(input: { nodeIds: ["laptop"], toolApproval: AUTO }) { id } }';
const { createSession } = await switchyard.query(input);
const run = switchyard.chat(createSession.id, 'Run `echo from the node`');
await run.result;
const [call] = run.toolCalls;
assert.equal(call?.status, 'SUCCEEDED');
assert.match(call.result ?? '', /from the node/);

// A client that offers another protocol, as Java's does, gets a plain answer.
const headers = { connection: 'Upgrade', upgrade: 'h2c', 'content-type': 'application/json' };
const offer = request(`${url}/graphql`, { method: 'POST', headers });
offer.end('{"query": "{ viewer { userId } }"}');
const [answer] = await once(offer, 'response');
assert.equal(answer.statusCode, 200);
answer.resume();

// GraphQL over WebSocket, with the WebSocket of Node.js where it has one.
if (globalThis.WebSocket) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  socket.onopen = () => socket.send('{"type":"connection_init"}');
  const [{ data }] = await once(socket, 'message');
  assert.equal(data, '{"type":"connection_ack"}');
  socket.close();
}

// A restart keeps what was said.
await stop(first);
const second = await startGateway();
const messages =
  'query ($id: ID!) { session(id: $id) { messages(first: 9) { edges { node { role content } } } } }';
const { session } = await switchyard.query(messages, { id: plain.createSession.id });
assert.deepEqual(
  session.messages.edges.map(({ node }) => node.role),
  ['USER', 'ASSISTANT'],
);
await stop(second);
process.exit(0);
