/** How long each step of a dispatch may take, and how much output it may have. */
export interface DispatchLimits {
  /** Milliseconds in which a connected agent must acknowledge a dispatch. */
  ackMs: number;
  /** Milliseconds in which an agent must stop a dispatch that was cancelled or took too long, and report that. */
  cancelConfirmMs: number;
  /** How many dispatches may wait for a free slot on one node. */
  maxQueued: number;
  /** Bytes of UTF-8. The live output and the result may each have this many. */
  maxOutputBytes: number;
}
