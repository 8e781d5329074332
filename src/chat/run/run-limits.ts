import type { CallLimits } from '../models/call/call-model.ts';

/** How long and how much one run may do. */
export interface RunLimits {
  /** Limits of each model call. */
  call: CallLimits;
  /** Model calls at most; each round of tool calls costs one. */
  maxSteps: number;
  /** How long a tool call waits for an approval, in milliseconds. */
  toolApprovalTimeoutMs: number;
  /** How long a tool call waits for a client that runs it, or for the answer of the user, in milliseconds. */
  clientToolTimeoutMs: number;
  /** How long a tool may take to stop once its run is cancelled, in milliseconds. */
  toolStopMs: number;
  /** Most bytes of attachments in one request to a model. */
  maxSentBytes: number;
  /** How long the log of an ended run stays readable, in milliseconds. */
  runLogTtlMs: number;
}
