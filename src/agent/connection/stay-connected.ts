import { GatewayError } from '../../client/errors.ts';
import { backOffMs, pause } from '../../client/retry.ts';
import { NodeInboxDocument, type NodeInboxInput } from '../../gql/graphql.ts';
import { AgentError, exitCodes } from '../errors/agent-error.ts';
import { formatDuration, formatLine } from '../output/format.ts';
import { createGatewayClient, type GatewayAddress, type GatewayClient } from './gateway-client.ts';
import { InboxCursor, type NodeCommandOf } from './inbox.ts';
import { reasonOf } from './reason-of.ts';

export interface StayConnectedOptions {
  address: GatewayAddress;
  /** Describes the agent. Called for each connection. */
  introduce(): NodeInboxInput;
  /** Takes every command except those that open and close the inbox. */
  onCommand(command: NodeCommandOf<'RunDispatch' | 'CancelDispatch' | 'CheckDispatch'>): void;
  /**
   * Called for each connection that was opened.
   *
   * @param closed Aborts when the connection has ended.
   * @param reconnect Gives the connection up for a new one.
   */
  onOpen(opened: NodeCommandOf<'InboxOpened'>, closed: AbortSignal, reconnect: (why: string) => void): void;
  print(line: string): void;
}

interface Connecting {
  client: Pick<GatewayClient, 'subscribe'>;
  cursor: InboxCursor;
  stop: AbortSignal;
  onSuccess(): void;
}

const limits = { firstMs: 250, longestMs: 30_000 };

/** Why a connection ended. */
interface Loss {
  /** A sentence. */
  why: string;
  /** How long the gateway asks to wait. */
  retryAfterMs?: number | undefined;
}

/**
 * Keeps the inbox open, over lost connections and restarts of the gateway, until it is told to stop.
 *
 * @param stop Aborts to end it: then it returns.
 * @throws AgentError where connecting again is of no use.
 */
export async function stayConnected(options: StayConnectedOptions, stop: AbortSignal): Promise<void> {
  let attempt = 0;
  const onSuccess = () => {
    attempt = 0;
  };
  const client = createGatewayClient(options.address);
  const cursor = new InboxCursor();
  while (!stop.aborted) {
    const { why, retryAfterMs } = await connectOnce(options, { client, cursor, stop, onSuccess });
    if (stop.aborted) break;
    attempt += 1;
    const ms = backOffMs(attempt, limits, retryAfterMs);
    options.print(`offline: ${why} Trying again in ${formatDuration(ms)}.`);
    await pause(ms, stop);
  }
}

async function connectOnce(
  { address, introduce, onCommand, onOpen, print }: StayConnectedOptions,
  { client, cursor, stop, onSuccess }: Connecting,
): Promise<Loss> {
  const connection = new AbortController();
  const { signal } = connection;
  const close = () => connection.abort('The agent was told to stop.');
  stop.addEventListener('abort', close);
  try {
    const variables = { input: introduce(), ...cursor.variables };
    const inbox = client.subscribe(NodeInboxDocument, variables, { reconnect: false, signal });
    for await (const { nodeInbox: command } of inbox) {
      cursor.see(command);
      if (command.__typename === 'InboxClosed') return leave(command);
      if (command.__typename !== 'InboxOpened') {
        onCommand(command);
        continue;
      }
      onSuccess();
      print(`online: node "${command.node?.nodeId}" at ${address.url}`);
      onOpen(command, signal, (why) => connection.abort(why));
    }
    return { why: 'The gateway has closed the connection.' };
  } catch (error) {
    if (signal.aborted) return { why: String(signal.reason) };
    return lossOf(error);
  } finally {
    stop.removeEventListener('abort', close);
    connection.abort('');
  }
}

/** @throws AgentError unless the gateway is only going away for a moment. */
function leave({ reason, message }: NodeCommandOf<'InboxClosed'>): Loss {
  if (reason === 'SHUTTING_DOWN') return { why: message };
  const said = `The gateway has closed the connection (${reason}): ${formatLine(message)}`;
  throw new AgentError(said, exitCodes.turnedAway);
}

/** @throws AgentError where connecting again is of no use. */
function lossOf(error: unknown): Loss {
  if (error instanceof AgentError) throw error;
  if (error instanceof GatewayError && !error.isPassing) {
    const said = `The gateway refuses this agent (${error.code}): ${formatLine(error.message)}`;
    throw new AgentError(said, exitCodes.turnedAway);
  }
  const reason = reasonOf(error);
  const retryAfterMs = error instanceof GatewayError ? error.retryAfterMs : undefined;
  return { why: formatLine(/[.!?]$/.test(reason) ? reason : `${reason}.`), retryAfterMs };
}
