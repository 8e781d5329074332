import type { AppendLog } from '../../bus/append-log.ts';
import { hangBell } from '../../bus/bell.ts';
import type { Bus } from '../../bus/bus.ts';
import type { RunEvent } from './run-event.ts';

/** An entry of a session's log: a change that watching clients are told. The members of GraphQL's `SessionEvent`. */
export type SessionChange =
  | { type: 'RunStarted'; started: Extract<RunEvent, { type: 'RunStarted' }> }
  | { type: 'RunEnded'; runId: number }
  | { type: 'MessageAdded'; messageId: number }
  | { type: 'HistoryCleared' }
  | { type: 'SessionUpdated' }
  | { type: 'SessionNodeChanged'; agentNodeId: number; nodeId: string }
  | { type: 'SessionDeleted' };

/** How long a change stays readable, in milliseconds: long enough for every follower to read it. */
const ttlMs = 60_000;
/** Entries read from the log at once. */
const pageSize = 100;

export interface SessionLog {
  append(sessionId: number, ...changes: SessionChange[]): Promise<void>;
  /** Yields the changes from now on. Ends when the session is deleted or the signal aborts. */
  follow(sessionId: number, signal: AbortSignal): AsyncGenerator<SessionChange>;
}

export interface SessionLogOptions {
  log: AppendLog<SessionChange>;
  bus: Bus;
  /** How long a follower waits for a ring before it reads the log again, in milliseconds. */
  pollMs: number;
}

export function createSessionLog({ log, bus, pollMs }: SessionLogOptions): SessionLog {
  const keyOf = (sessionId: number) => `session:${sessionId}`;
  return {
    async append(sessionId, ...changes) {
      const key = keyOf(sessionId);
      for (const change of changes) await log.append(key, change);
      await log.expire(key, ttlMs);
      bus.ring(key);
    },
    async *follow(sessionId, signal) {
      const key = keyOf(sessionId);
      using bell = hangBell({ bus, topic: key, signal, longestWaitMs: pollMs });
      let cursor = (await log.lastSeq(key)) ?? 0;
      while (!signal.aborted) {
        // A log that has expired begins again with seq 1.
        if (((await log.lastSeq(key)) ?? 0) < cursor) cursor = 0;
        const entries = (await log.read(key, cursor, pageSize)) ?? [];
        for (const entry of entries) {
          yield entry;
          if (entry.type === 'SessionDeleted') return;
          cursor = entry.seq;
        }
        if (entries.length === 0) await bell.wait();
      }
    },
  };
}
