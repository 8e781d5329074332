import { BackOff, pause } from '../../client/back-off.ts';
import { GatewayError } from '../../client/errors.ts';
import type { NodeInboxInput } from '../../gql/graphql.ts';
import { AgentError, exitCodes } from '../errors/agent-error.ts';
import { formatDuration, formatLine } from '../output/format.ts';
import type { GatewayAddress } from './gateway-client.ts';
import { followInbox, type NodeCommand, type NodeCommandOf } from './inbox.ts';
import { reasonOf } from './reason-of.ts';

export interface StayConnectedOptions {
  address: GatewayAddress;
  /** Who connects: asked anew for each connection. */
  introduce(): NodeInboxInput;
  /** Takes every command but those that open and close the inbox. */
  onCommand(command: NodeCommandOf<'RunDispatch' | 'CancelDispatch'>): void;
  /**
   * Called for each connection that was opened.
   *
   * @param closed Aborts when it has ended.
   * @param reconnect Gives it up for a new one.
   */
  onOpen(opened: NodeCommandOf<'InboxOpened'>, closed: AbortSignal, reconnect: (why: string) => void): void;
  print(line: string): void;
}

const retry = { firstMs: 250, longestMs: 30_000 };
/** Within which the gateway opens the inbox. Where packets are lost without a word, nobody else would notice. */
const openMs = 30_000;

/**
 * Keeps the inbox open, over lost connections and restarts of the gateway, until it is told to stop.
 *
 * @param stop Aborts to end it: then it returns.
 * @throws AgentError where connecting again is of no use.
 */
export async function stayConnected(options: StayConnectedOptions, stop: AbortSignal): Promise<void> {
  const backOff = new BackOff(retry);
  const cursor = new Cursor();
  while (!stop.aborted) {
    const why = await connectOnce(options, cursor, stop, () => backOff.reset());
    if (stop.aborted) break;
    const ms = backOff.next();
    options.print(`offline: ${why} Trying again in ${formatDuration(ms)}.`);
    await pause(ms, stop);
  }
}

/** Up to which command the inbox was read. A `seq` means something within its epoch only. */
class Cursor {
  #epoch: string | undefined;
  #after = 0;

  get variables() {
    return { after: this.#after, epoch: this.#epoch };
  }

  see(command: NodeCommand): void {
    if (command.__typename === 'InboxOpened' && command.epoch !== this.#epoch) {
      this.#epoch = command.epoch;
      this.#after = 0;
    }
    this.#after = Math.max(this.#after, command.seq);
  }
}

/** Resolves with the reason why the connection ended, a sentence. */
async function connectOnce(
  { address, introduce, onCommand, onOpen, print }: StayConnectedOptions,
  cursor: Cursor,
  stop: AbortSignal,
  onSuccess: () => void,
): Promise<string> {
  const connection = new AbortController();
  const close = () => connection.abort('The agent was told to stop.');
  stop.addEventListener('abort', close);
  const late = setTimeout(() => connection.abort('The gateway does not answer.'), openMs);
  try {
    const variables = { input: introduce(), ...cursor.variables };
    for await (const command of followInbox(address, variables, connection.signal)) {
      cursor.see(command);
      if (command.__typename === 'InboxClosed') return leave(command);
      if (command.__typename !== 'InboxOpened') {
        onCommand(command);
        continue;
      }
      clearTimeout(late);
      onSuccess();
      print(`online: node "${command.node?.nodeId}" at ${address.url}`);
      onOpen(command, connection.signal, (why) => connection.abort(why));
    }
    connection.signal.throwIfAborted();
    return 'The gateway has closed the connection.';
  } catch (error) {
    if (connection.signal.aborted) return String(connection.signal.reason);
    return lossOf(error);
  } finally {
    clearTimeout(late);
    stop.removeEventListener('abort', close);
    connection.abort('');
  }
}

/** @throws AgentError unless the gateway is only going away for a moment. */
function leave({ reason, message }: NodeCommandOf<'InboxClosed'>): string {
  if (reason === 'SHUTTING_DOWN') return message;
  const said = `The gateway has closed the connection (${reason}): ${formatLine(message)}`;
  throw new AgentError(said, exitCodes.turnedAway);
}

function lossOf(error: unknown): string {
  if (error instanceof AgentError) throw error;
  if (error instanceof GatewayError && !error.isPassing) {
    const said = `The gateway refuses this agent (${error.code}): ${formatLine(error.message)}`;
    throw new AgentError(said, exitCodes.turnedAway);
  }
  const reason = reasonOf(error);
  return /[.!?]$/.test(reason) ? reason : `${reason}.`;
}
