import type { AppendLog, Entry } from '../../bus/append-log.ts';
import { hangBell } from '../../bus/bell.ts';
import type { Bus } from '../../bus/bus.ts';
import type { Connection } from './connection.ts';
import {
  type InboxClosedReason,
  inboxClosedReasons,
  type NodeCommand,
  type NodeCommandBody,
} from './node-command.ts';

/** What stands in the log of a node's inbox. What is to be run is looked up when it is told. */
export interface InboxEntry {
  type: 'RunDispatch' | 'CancelDispatch';
  dispatchId: string;
}

/** The log of all inboxes, and where it rings. */
export interface InboxLog {
  log: AppendLog<InboxEntry>;
  bus: Bus;
  /** How often an inbox looks without having heard a ring. */
  pollMs: number;
}

export interface FollowInboxOptions extends InboxLog {
  connection: Connection;
  opened: Extract<NodeCommandBody, { type: 'InboxOpened' }>;
  /** What an entry stands for now; undefined where nobody needs to be told any more. */
  toCommand(entry: Entry<InboxEntry>): NodeCommandBody | undefined;
}

const pageSize = 100;

/** The key of a node's log and the topic of its rings. */
export function inboxKey(agentNodeId: number): string {
  return `node:${agentNodeId}`;
}

/** The inbox of a node that may not connect now. */
export async function* closedInbox(reason: InboxClosedReason): AsyncGenerator<NodeCommand> {
  yield { type: 'InboxClosed', reason, message: inboxClosedReasons[reason], seq: 0, at: Date.now() };
}

/** What an agent is told, from the cursor of its connection on, until that is closed. */
export async function* followInbox(options: FollowInboxOptions): AsyncGenerator<NodeCommand> {
  const { connection, opened, log, bus, pollMs, toCommand } = options;
  const key = inboxKey(opened.agentNodeId);
  using bell = hangBell(bus, key, connection.closed);
  let cursor = connection.after;
  const at = (body: NodeCommandBody): NodeCommand => ({ ...body, seq: cursor, at: Date.now() });
  yield at(opened);
  while (!connection.closed.aborted) {
    const entries = (await log.read(key, cursor, pageSize)) ?? [];
    for (const entry of entries) {
      if (connection.closed.aborted) break;
      cursor = entry.seq;
      const command = toCommand(entry);
      if (command) yield at(command);
    }
    if (entries.length === 0) await bell.wait(pollMs);
  }
  const { closedReason: reason } = connection;
  if (reason) yield at({ type: 'InboxClosed', reason, message: inboxClosedReasons[reason] });
}
