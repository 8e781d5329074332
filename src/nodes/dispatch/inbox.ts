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

/** An entry in the log of a node's inbox. The tool and its arguments are looked up when the entry is delivered. */
export interface InboxEntry {
  type: 'RunDispatch' | 'CancelDispatch' | 'CheckDispatch';
  dispatchId: string;
}

/** The log that holds all inboxes, and the bus that rings when an inbox has grown. */
export interface InboxLog {
  log: AppendLog<InboxEntry>;
  bus: Bus;
  /** Milliseconds after which an inbox is read again without a ring. */
  pollMs: number;
}

interface FollowInboxOptions extends InboxLog {
  connection: Connection;
  opened: Extract<NodeCommandBody, { type: 'InboxOpened' }>;
  /** The command that an entry means now; undefined if the agent need not be told any more. */
  toCommand(entry: Entry<InboxEntry>): NodeCommandBody | undefined;
}

const pageSize = 100;

/** The key of a node's inbox in the log, and the topic of its rings. */
export function inboxKey(agentNodeId: number): string {
  return `node:${agentNodeId}`;
}

/** The inbox for a node that may not connect now: it says why, and ends. */
export async function* closedInbox(reason: InboxClosedReason): AsyncGenerator<NodeCommand> {
  yield { type: 'InboxClosed', reason, message: inboxClosedReasons[reason], seq: 0, at: Date.now() };
}

/** Yields what an agent is told, from the cursor of its connection, until the connection is closed. */
export async function* followInbox(options: FollowInboxOptions): AsyncGenerator<NodeCommand> {
  const { connection, opened, log, bus, pollMs, toCommand } = options;
  const key = inboxKey(opened.agentNodeId);
  using bell = hangBell({ bus, topic: key, signal: connection.closed, longestWaitMs: pollMs });
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
    if (entries.length === 0) await bell.wait();
  }
  const { closedReason: reason } = connection;
  if (reason) yield at({ type: 'InboxClosed', reason, message: inboxClosedReasons[reason] });
}
