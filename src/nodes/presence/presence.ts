/** ONLINE: the inbox is open and heartbeats come. BUSY: online, with no free slot. OFFLINE: neither. */
export type NodeConnectivity = 'ONLINE' | 'BUSY' | 'OFFLINE';

/** What an agent measures on its machine. */
export interface NodeStats {
  cpuPercent: number;
  memoryUsedBytes: number;
  memoryTotalBytes: number;
  loadAverage: number;
  /** How many dispatches run, as counted by the agent. */
  runningDispatches: number;
  uptimeSeconds: number;
}

/** The state of a node as this process knows it now. */
export interface Presence {
  connection: NodeConnectivity;
  /** Null if the node has not connected since the gateway started. */
  lastSeenAt: Date | null;
  /** From the newest heartbeat; null while the node is offline. */
  stats: (NodeStats & { at: Date }) | null;
  runningDispatches: number;
}
