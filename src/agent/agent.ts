import { randomUUID } from 'node:crypto';
import { openTraces } from '../traces/open-traces.ts';
import { createGatewayClient, type GatewayAddress } from './connection/gateway-client.ts';
import { readToken } from './connection/read-token.ts';
import { type StayConnectedOptions, stayConnected } from './connection/stay-connected.ts';
import { checkDispatch } from './dispatch/check-dispatch.ts';
import { Dispatches } from './dispatch/dispatches.ts';
import { sendHeartbeats } from './dispatch/heartbeat.ts';
import { createStats } from './dispatch/stats.ts';
import { AgentError } from './errors/agent-error.ts';
import { escapeInvisible } from './output/format.ts';
import { followWorkspaces } from './sync/follow-workspaces.ts';
import { Workspaces } from './sync/workspaces.ts';
import { openTools } from './tools/open-tools.ts';
import { readTraceSettings } from './traces/trace-settings.ts';

export interface AgentOptions {
  /** The http: or https: URL of the gateway: `http://localhost:8000`. */
  gateway: string;
  /** The token of the node, from the mutation `registerNode`. Default: the content of `tokenFile`. */
  token?: string | undefined;
  /** The path of a file with the token. Default: the token is the variable `SWITCHYARD_TOKEN` of `env`. */
  tokenFile?: string | undefined;
  /** The folder that tools work in. */
  workspace: string;
  /** The path of a YAML file that says what may run. Default: a strict policy with all defaults. */
  policy?: string | undefined;
  /** How many dispatches run at once, 1 to 64. */
  maxDispatches: number;
  /** The name that the agent prints at its start. */
  name: string;
  /** The version of this program, for the gateway's log. */
  version: string;
  /** The environment of the agent. Commands get the variables that the policy names. */
  env: NodeJS.ProcessEnv;
  /** Gets what the agent prints, one line at a time. */
  print(line: string): void;
}

/** The time to report the stopped dispatches before the agent exits. */
const leaveMs = 5_000;

/**
 * Runs the agent of a node. It connects to the gateway, runs the dispatches that the gateway sends, within a
 * workspace and under a policy, and reports their results.
 *
 * Protocol. The agent is a GraphQL client; nothing connects to the agent. It subscribes to `nodeInbox` over
 * graphql-sse (distinct connections mode) and reports by mutations. `RunDispatch` tells it to run a dispatch. Before
 * it starts the dispatch, it asks with `acknowledgeDispatch`. Then it sends the output with `appendDispatchOutput`
 * and the result with one `finishDispatch`. `nodeHeartbeat` tells the gateway every `heartbeatMs` that it is alive.
 *
 * Guarantees. A dispatch runs at most once: the gateway may send it again until it was acknowledged, and the agent
 * ignores an id that it knows. A result is not lost while the agent lives: it is sent until the gateway answers,
 * over lost connections and restarts of the gateway. A new agent process knows nothing of the dispatches of the
 * previous one; the gateway ends those as failed. When no run waits for a dispatch any more, the gateway names it in
 * its responses and the agent stops it. When the agent exits or is killed, all that it runs is ended too.
 *
 * Limits of the protection. The file tools reach nothing outside the workspace, by any path, and under a strict policy
 * neither do the arguments of commands. But the agent is not a sandbox. A command that the policy allows may do
 * whatever the user who started the agent may do. A command that interprets its input (`make`, `npm test`) runs
 * whatever the model has written, and a permissive policy allows everything that a shell can do. Commands that an
 * allow-list adds may follow the links in folders (`cp -L`, `tar -h`). The agent does not notice a link that a running command
 * swaps between the check and the use. For more protection, start the agent as a separate user or in a container.
 *
 * @param stop Aborts to end the agent: it stops all dispatches, reports them, and returns.
 * @throws AgentError if the agent cannot start, or if connecting again would not help.
 */
export async function runAgent(options: AgentOptions, stop: AbortSignal): Promise<void> {
  const { maxDispatches, name, version } = options;
  const address = addressOf(options.gateway, await readToken(options));
  const traceSettings = readTraceSettings(options.env);
  using tools = await openTools(options);
  // The lines contain texts from models and from the gateway, which could control the terminal.
  const print = (line: string) => options.print(escapeInvisible(line));
  await using traces = traceSettings && (await openTraces(traceSettings, onLostSpans(print)));
  const client = createGatewayClient(address);
  const instanceId = randomUUID();
  const agent = { instanceId, maxResultBytes: tools.maxOutputBytes };
  const workspaces = new Workspaces({ address, root: tools.root, agent, print });
  const dispatches = new Dispatches({
    ...{ client, tools, workspaces, instanceId, maxDispatches, traces, print },
  });
  const measure = createStats();
  const introduce = () => ({
    capabilities: tools.capabilities,
    maxDispatches,
    checksCalls: true,
    syncsWorkspaces: true,
    instanceId,
    running: dispatches.openIds,
    agentVersion: version,
    platform: `${process.platform} ${process.arch}`,
  });
  const onCommand: StayConnectedOptions['onCommand'] = (command) => {
    if (command.__typename === 'RunDispatch') dispatches.take(command);
    else if (command.__typename === 'CheckDispatch')
      void checkDispatch(command, { client, tools, workspaces, print });
    else dispatches.cancel([command.dispatchId]);
  };
  const onOpen: StayConnectedOptions['onOpen'] = ({ heartbeatMs, unknownDispatchIds }, closed, reconnect) => {
    dispatches.cancel(unknownDispatchIds);
    const heartbeat = {
      client,
      everyMs: heartbeatMs,
      measure: () => measure(dispatches.running),
      openIds: () => dispatches.openIds,
      onUnknown: (ids: string[]) => dispatches.cancel(ids),
      onLost: () => reconnect('The gateway does not answer heartbeats.'),
    };
    void sendHeartbeats(heartbeat, closed);
  };
  if (isReadable(address.url))
    print(
      'warning: the gateway has an http: URL, so others on the network can read the token and the results.',
    );
  print(`${name}: ${tools.mode} policy, workspace ${tools.root}`);
  const following = new AbortController();
  void followWorkspaces({ client, onWorkspaces: (each) => workspaces.update(each), print }, following.signal);
  try {
    await stayConnected({ address, introduce, onCommand, onOpen, print }, stop);
  } finally {
    if (dispatches.running > 0) print(`stopping ${dispatches.running} running tool calls`);
    following.abort();
    await Promise.all([dispatches.close(leaveMs), workspaces.close(leaveMs)]);
  }
}

function onLostSpans(print: (line: string) => void): Parameters<typeof openTraces>[1] {
  return ({ spans, reason }) =>
    print(`warning: ${spans} spans could not be sent to OTEL_EXPORTER_OTLP_ENDPOINT and are lost: ${reason}`);
}

function addressOf(gateway: string, token: string): GatewayAddress {
  // Every line about the connection prints the URL, so a password in it would be printed. fetch refuses it too.
  if (gateway.includes('@')) {
    throw new AgentError('The URL of the gateway must not contain a user name, a password or an "@".');
  }
  const protocol = URL.canParse(gateway) ? new URL(gateway).protocol : '';
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new AgentError(`The gateway must be an http: or https: URL, not ${JSON.stringify(gateway)}.`);
  }
  // The message does not show the text: it may contain a part of a token.
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new AgentError('The token is not valid. It must be the one that `registerNode` returned: swn_….');
  return { url: gateway.replace(/\/+$/, ''), token };
}

/** Whether others can read what is sent to this URL: it is not encrypted, and it leaves this machine. */
function isReadable(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  // A name below localhost is left out, because the system may ask a name server for it.
  return protocol === 'http:' && !/^localhost$|^127(\.\d+){3}$|^\[::1\]$/.test(hostname);
}
