/** ONLINE: its inbox is open and it sends heartbeats. BUSY: so it is, and it runs as much as it takes. */
export type NodeConnection = 'ONLINE' | 'BUSY' | 'OFFLINE';

/** What an agent measures of its machine. */
export interface NodeStats {
  cpuPercent: number;
  memoryUsedBytes: number;
  memoryTotalBytes: number;
  loadAverage: number;
  /** As the agent counts them. */
  runningDispatches: number;
  uptimeSeconds: number;
}

/** What this process knows of a node right now. */
export interface Presence {
  connection: NodeConnection;
  /** Null where it has not been seen since the gateway started. */
  lastSeenAt: Date | null;
  /** The newest ones; null while it is offline. */
  stats: (NodeStats & { at: Date }) | null;
  runningDispatches: number;
}
