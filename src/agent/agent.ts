import { randomUUID } from 'node:crypto';
import { createGatewayClient, type GatewayAddress } from './connection/gateway-client.ts';
import { type StayConnectedOptions, stayConnected } from './connection/stay-connected.ts';
import { Dispatches } from './dispatch/dispatches.ts';
import { sendHeartbeats } from './dispatch/heartbeat.ts';
import { createStats } from './dispatch/stats.ts';
import { AgentError } from './errors/agent-error.ts';
import { formatLine } from './output/format.ts';
import { openTools } from './tools/open-tools.ts';

export interface AgentOptions {
  /** Where the gateway is: an http: or https: URL, `http://localhost:8000`. */
  gateway: string;
  /** Of the node: `registerNode` gives it. */
  token: string;
  /** The folder that tools work in. */
  workspace: string;
  /** A YAML file that says what may run; default: the strict policy as it comes. */
  policy?: string | undefined;
  /** How many dispatches run at once, 1 to 64. */
  maxDispatches: number;
  /** What the agent calls itself in what it prints. */
  name: string;
  /** Of this program; for the gateway's log. */
  version: string;
  /** The environment of which commands get the part that the policy names. */
  env: NodeJS.ProcessEnv;
  /** Takes what the agent prints, line by line. */
  print(line: string): void;
}

/** For what was stopped to be reported, before the agent leaves. */
const leaveMs = 5_000;

/**
 * Runs the agent of a node: it dials in to the gateway, runs what that sends, within a workspace and under a
 * policy, and reports what became of it.
 *
 * Protocol. The agent is a GraphQL client. It subscribes to `nodeInbox` over graphql-sse (distinct
 * connections mode) and reports by mutations; nothing ever connects to it. `RunDispatch` gives it something to
 * do. Before it starts it asks with `acknowledgeDispatch`; then come `appendDispatchOutput` with what a command
 * prints and one `finishDispatch`. `nodeHeartbeat` says every `heartbeatMs` that it is alive.
 *
 * Guarantees. A dispatch runs once at most: the gateway may tell it again until it was acknowledged, and never
 * after that; ids that were told before are dropped. A result is not lost while the agent lives: it is
 * sent until the gateway answers, over lost connections and restarts of the gateway. An agent that is started
 * anew knows nothing of what the one before it ran: the gateway counts that as failed. What nobody waits for
 * any more, the gateway names in its answers, and the agent stops it. An agent that leaves, or is killed,
 * takes what it runs with it.
 *
 * What the workspace protects against: the file tools reach nothing outside of it, by whatever path, and
 * under a strict policy neither do the arguments of commands. What it does not: it is no sandbox. A command
 * that the policy allows may do whatever the user who started the agent may do; one that interprets what it
 * reads (`make`, `npm test`) runs whatever the model has written before, and a permissive policy is as good as
 * a shell. Commands that walk folders follow the links in them if they are told to (`grep -R`, `ls -LR`). Links
 * that a running command swaps between the check and the use are not caught. Where that matters, start the agent
 * as a user of its own, or in a container.
 *
 * @param stop Aborts to end it: it stops what it runs, reports that, and returns.
 * @throws AgentError where it cannot start, or connecting again is of no use.
 */
export async function runAgent(options: AgentOptions, stop: AbortSignal): Promise<void> {
  const { maxDispatches, name, version } = options;
  const address = addressOf(options);
  using tools = await openTools(options);
  // What it shows comes from models and from the gateway.
  const print = (line: string) => options.print(formatLine(line, Number.POSITIVE_INFINITY));
  const client = createGatewayClient(address);
  const instanceId = randomUUID();
  const dispatches = new Dispatches({ client, tools, instanceId, maxDispatches, print });
  const measure = createStats();
  const introduce = () => ({
    capabilities: tools.capabilities,
    maxDispatches,
    instanceId,
    running: dispatches.openIds,
    agentVersion: version,
    platform: `${process.platform} ${process.arch}`,
  });
  const onCommand: StayConnectedOptions['onCommand'] = (command) => {
    if (command.__typename === 'RunDispatch') dispatches.take(command);
    else dispatches.cancel(command.dispatchId);
  };
  const onOpen: StayConnectedOptions['onOpen'] = ({ heartbeatMs, unknownDispatchIds }, closed, reconnect) => {
    dispatches.cancelAll(unknownDispatchIds);
    const heartbeat = {
      client,
      everyMs: heartbeatMs,
      measure: () => measure(dispatches.running),
      openIds: () => dispatches.openIds,
      onUnknown: (ids: string[]) => dispatches.cancelAll(ids),
      onLost: () => reconnect('The gateway does not answer heartbeats.'),
    };
    void sendHeartbeats(heartbeat, closed);
  };
  print(`${name}: ${tools.mode} policy, workspace ${tools.root}`);
  try {
    await stayConnected({ address, introduce, onCommand, onOpen, print }, stop);
  } finally {
    if (dispatches.running > 0) print(`stopping what runs: ${dispatches.running}`);
    await dispatches.close(leaveMs);
  }
}

function addressOf({ gateway, token }: AgentOptions): GatewayAddress {
  // Nor is it shown: it would be with every line about the connection, and fetch does not take it.
  if (gateway.includes('@')) {
    throw new AgentError('The gateway must be a URL without a user name or password in it: no "@".');
  }
  const protocol = URL.canParse(gateway) ? new URL(gateway).protocol : '';
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new AgentError(`The gateway must be an http: or https: URL; it is ${JSON.stringify(gateway)}.`);
  }
  // What is no token is not shown either: it may be a part of one.
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new AgentError('The token must be what `registerNode` gave: swn_….');
  return { url: gateway.replace(/\/+$/, ''), token };
}
