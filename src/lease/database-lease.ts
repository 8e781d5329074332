import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { endLease, liveGateways, renewLease } from '../storage/statements/gateways.ts';
import type { Statements } from '../storage/statements/statement.ts';
import type { Lease } from './lease.ts';

export interface DatabaseLeaseOptions {
  gatewayId: string;
  statements: Statements;
  /** How long a lease lasts, in milliseconds. The same for all gateways. */
  leaseMs: number;
  log: Logger;
}

/** Renewals in the time of a lease: two may fail. */
const renewalsPerLease = 3;
/** Milliseconds until a renewal that failed is tried again. */
const retryMs = 200;

/**
 * A lease in the database, which is renewed until it is disposed. Disposing ends it, so that others need not wait.
 *
 * @throws What the database throws for the first renewal.
 */
export async function openDatabaseLease(options: DatabaseLeaseOptions): Promise<Lease & AsyncDisposable> {
  const { gatewayId, statements, leaseMs, log } = options;
  const closing = new AbortController();
  const checks: (() => Promise<void>)[] = [];
  const waiting = new Set<() => void>();
  const heirs: (() => void)[] = [];
  /** By the clock of this process, which also runs while the process is frozen. */
  let validUntil = 0;
  let heldSince = performance.now();
  let others: readonly string[] = [];
  const isHeld = () => performance.now() < validUntil;

  async function renew(): Promise<void> {
    // The database counts from a later moment, so this process stops before others may begin.
    const sentAt = performance.now();
    await statements.get(renewLease, [gatewayId, leaseMs]);
    const live = await statements.all(liveGateways, []);
    const before = others;
    others = live.map(({ id }) => id).filter((id) => id !== gatewayId);
    const isFirst = others.every((id) => id > gatewayId);
    if (isFirst && before.some((id) => !others.includes(id))) for (const takeUp of heirs) takeUp();
    if (validUntil > 0 && !isHeld()) {
      log.warn(
        'this gateway could not renew its lease in time, and looks which of its runs others have taken',
      );
      for (const check of checks) await check();
      heldSince = performance.now();
    }
    validUntil = Math.max(validUntil, sentAt + leaseMs);
    if (!isHeld()) return;
    for (const notify of waiting) notify();
    waiting.clear();
  }

  async function keep(): Promise<void> {
    let pauseMs = leaseMs / renewalsPerLease;
    while (!closing.signal.aborted) {
      await delay(pauseMs, undefined, { signal: closing.signal, ref: false }).catch(() => undefined);
      if (closing.signal.aborted) return;
      pauseMs = await renew().then(
        () => (isHeld() ? leaseMs / renewalsPerLease : 0),
        (err: unknown) => {
          log.warn({ err }, 'the lease of this gateway could not be renewed');
          return Math.min(retryMs, leaseMs / renewalsPerLease);
        },
      );
    }
  }

  await renew();
  const keeping = keep();
  return {
    gatewayId,
    isShared: true,
    get isHeld() {
      return isHeld();
    },
    get isSteady() {
      return isHeld() && performance.now() - heldSince >= leaseMs;
    },
    get others() {
      return others;
    },
    held(signal) {
      if (isHeld()) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const abort = () => {
          waiting.delete(notify);
          reject(signal.reason);
        };
        const notify = () => {
          signal.removeEventListener('abort', abort);
          resolve();
        };
        waiting.add(notify);
        signal.addEventListener('abort', abort, { once: true });
        if (signal.aborted) abort();
      });
    },
    afterGap: (check) => void checks.push(check),
    onOtherGone: (takeUp) => void heirs.push(takeUp),
    async [Symbol.asyncDispose]() {
      closing.abort();
      await keeping;
      await statements
        .transaction((tx) => tx.run(endLease, [gatewayId]))
        .catch((err: unknown) => {
          log.warn(
            { err },
            'the lease of this gateway could not be ended: others take over when its time is over',
          );
        });
    },
  };
}
