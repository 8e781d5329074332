/** What allows a gateway to write its runs: nobody else takes them over while the lease is held. */
export interface Lease {
  /** The id of this gateway, new at each start. */
  readonly gatewayId: string;
  /** Whether other gateways may use the database at the same time. */
  readonly isShared: boolean;
  /** Whether the gateway may write its runs now. False from the moment at which others may take them over. */
  readonly isHeld: boolean;
  /** Resolves when the lease is held. Rejects with the reason of the signal when that aborts first. */
  held(signal: AbortSignal): Promise<void>;
  /**
   * Whether the lease has been held without a gap for as long as a lease lasts. Only then may the gateway take over the
   * runs of others: after an outage of the database, all leases have ended, and those who live renew theirs first.
   */
  readonly isSteady: boolean;
  /** The ids of the other gateways that held a lease when this one renewed its own. */
  readonly others: readonly string[];
  /**
   * Calls `check` when the lease was lost for a while and is renewed, before it counts as held again: others may have
   * taken over runs in between. One that rejects is called again.
   */
  afterGap(check: () => Promise<void>): void;
  /**
   * Calls `takeUp` when another gateway holds its lease no more, because it has stopped, died or is frozen, and this gateway
   * is the one that goes on with what does not belong to a run: the one with the lowest id.
   */
  onOtherGone(takeUp: () => void): void;
}

/** The lease of a gateway that has its database alone: a lock on the database, or on its folder, keeps others out. */
export function createSoleLease(gatewayId: string): Lease {
  return {
    gatewayId,
    isShared: false,
    isHeld: true,
    held: () => Promise.resolve(),
    isSteady: true,
    others: [],
    afterGap: () => undefined,
    onOtherGone: () => undefined,
  };
}
