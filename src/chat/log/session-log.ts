import type { AppendLog } from '../../bus/append-log.ts';
import { hangBell } from '../../bus/bell.ts';
import type { Bus } from '../../bus/bus.ts';
import type { RunEvent } from './run-event.ts';

/** What happened to a session, for those who watch it; the values of GraphQL's `SessionEvent`. */
export type SessionChange =
  | { type: 'RunStarted'; started: Extract<RunEvent, { type: 'RunStarted' }> }
  | { type: 'RunEnded'; runId: number }
  | { type: 'MessageAdded'; messageId: number }
  | { type: 'HistoryCleared' }
  | { type: 'SessionUpdated' }
  | { type: 'SessionNodeChanged'; agentNodeId: number; nodeId: string }
  | { type: 'SessionDeleted' };

/** Long enough for whoever watches to have read it. */
const ttlMs = 60_000;
const pageSize = 100;

export interface SessionLog {
  append(sessionId: number, ...changes: SessionChange[]): Promise<void>;
  /** The changes from now on; ends with the session, or when the signal aborts. */
  follow(sessionId: number, signal: AbortSignal): AsyncGenerator<SessionChange>;
}

export interface SessionLogOptions {
  log: AppendLog<SessionChange>;
  bus: Bus;
  /** How often a follower looks without having heard a ring. */
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
      using bell = hangBell(bus, key, signal);
      let cursor = (await log.lastSeq(key)) ?? 0;
      while (!signal.aborted) {
        // A log that expired in the meantime began again at 1.
        if (((await log.lastSeq(key)) ?? 0) < cursor) cursor = 0;
        const entries = (await log.read(key, cursor, pageSize)) ?? [];
        for (const entry of entries) {
          yield entry;
          if (entry.type === 'SessionDeleted') return;
          cursor = entry.seq;
        }
        if (entries.length === 0) await bell.wait(pollMs);
      }
    },
  };
}
