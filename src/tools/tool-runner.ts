import type { LanguageModelV3FunctionTool } from '@ai-sdk/provider';

/** Why a tool call did not do what it was asked for: the values of GraphQL's `ToolErrorCode`. */
export const toolErrorCodes = {
  /** The arguments are no JSON object, or not what the tool's schema asks for. */
  BAD_ARGUMENTS: 'The arguments are not what the tool expects.',
  UNKNOWN_TOOL: 'There is no such tool.',
  /** By a person, or by the session's `toolApproval`. */
  DENIED: 'The call was not allowed.',
  /** Nobody decided within `TOOL_APPROVAL_TIMEOUT_MS`. */
  APPROVAL_TIMEOUT: 'Nobody allowed the call in time.',
  /** It was not connected, or vanished and did not come back in time. */
  NODE_OFFLINE: 'The node is not connected.',
  /** Its queue is full. */
  NODE_BUSY: 'The node has too much to do already.',
  /** It is connected and did not acknowledge the call in time; nothing was started. */
  NODE_UNRESPONSIVE: 'The node did not take the call.',
  /** It ran for longer than it may. */
  TIMEOUT: 'The tool took too long and was stopped.',
  /** The node's owner does not let it do that. */
  POLICY: 'The node refuses to do that.',
  /** The tool tried and failed: a file that is not there, a command with another exit code than 0. */
  FAILED: 'The tool failed.',
} as const;

export type ToolErrorCode = keyof typeof toolErrorCodes;

/** A tool call as the model asked for it. */
export interface ToolRequest {
  sessionId: number;
  runId: number;
  callId: string;
  name: string;
  /** Parsed JSON, not yet checked against the tool's schema. */
  args: object;
}

export interface ToolOutcome {
  status: 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
  /** What the model is told. */
  result: string;
  /** Of a call that failed. */
  errorCode?: ToolErrorCode;
  /** Where the tool ran a program. */
  exitCode?: number;
  /** Of a cancelled call: whether nothing of it runs any more, for certain. */
  stopped?: boolean;
}

/** A call that cannot run, and why. */
export interface RefusedCall {
  ok: false;
  errorCode: ToolErrorCode;
  /** What the model is told. */
  result: string;
  /** The `nodeId` of the node that it was meant for, where that is known. */
  nodeId?: string;
}

/** A call that has been checked and can run. */
export interface PlannedCall {
  ok: true;
  /** The `nodeId` of the node that it will run on; null for a tool that needs none. */
  nodeId: string | null;
  /**
   * A new random UUID, stored with the call before anything is sent, by which a result that comes late is
   * known; null where there is no node.
   */
  dispatchId: string | null;
  /** Whether it changes anything or runs a program: then the session's `toolApproval` decides. */
  needsApproval: boolean;
  /**
   * Runs it, once at most; where somebody had to decide first, minutes after it was planned. What it throws
   * is a fault: it is logged, and the model is told no more than that the tool failed.
   *
   * @param onOutput Takes output as it is produced; resolves when more may come.
   * @param signal Aborts when the run is cancelled; the call then ends soon as `CANCELLED`.
   */
  run(onOutput: (text: string) => Promise<void>, signal: AbortSignal): Promise<ToolOutcome>;
}

export type ToolPlan = RefusedCall | PlannedCall;

/** Runs the tools that the model calls. */
export interface ToolRunner {
  /** The tools that a session's model may call in this run. */
  offer(sessionId: number): Promise<LanguageModelV3FunctionTool[]>;
  /** Checks a call, whether the tool was offered or not, and finds where it would run. Nothing runs yet. */
  plan(request: ToolRequest): Promise<ToolPlan>;
}
