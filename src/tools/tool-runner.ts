import type { LanguageModelV3FunctionTool } from '@ai-sdk/provider';

/** Why a tool call failed: the values of GraphQL's `ToolErrorCode`, each with a sentence for the model. */
export const toolErrorCodes = {
  /** The arguments are not a JSON object, or do not match the tool's schema. */
  BAD_ARGUMENTS: 'The arguments are not what the tool expects.',
  UNKNOWN_TOOL: 'There is no such tool.',
  /** A user or the session's `toolApproval` denied the call. */
  DENIED: 'The call was not allowed.',
  /** No user decided within `TOOL_APPROVAL_TIMEOUT_MS`. */
  APPROVAL_TIMEOUT: 'No user allowed the call in time.',
  /** The call waited for a client or an answer of the user, and none came within `CLIENT_TOOL_TIMEOUT_MS`. */
  CLIENT_TIMEOUT: 'No answer came in time.',
  /** The node was not connected, or disconnected and did not come back in time. */
  NODE_OFFLINE: 'The node is not connected.',
  /** The queue of the node is full. */
  NODE_BUSY: 'The node has too much to do already.',
  /** The node is connected and did not acknowledge the call in time. Nothing was started. */
  NODE_UNRESPONSIVE: 'The node did not take the call.',
  /** The tool ran for longer than allowed. */
  TIMEOUT: 'The tool took too long and was stopped.',
  /** The policy of the node's owner does not allow the call. */
  POLICY: 'The node refuses to do that.',
  /** The tool started and failed: a file is missing, or a command had an exit code other than 0. */
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

/** A tool call that was stored, by another gateway or before the gateway was started anew. */
export interface StoredCall extends ToolRequest {
  agentNodeId: number | null;
  dispatchId: string | null;
  /** Whether it was handed to its tool, which may have run since then. */
  isStarted: boolean;
  /** The process of the node's agent that was connected at that time; null if it is not known. */
  instanceId: string | null;
}

export interface ToolOutcome {
  status: 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
  /** The text for the model. */
  result: string;
  /** Only if the call failed. */
  errorCode?: ToolErrorCode;
  /** Only if the tool ran a program. */
  exitCode?: number;
  /** Only if the call was cancelled: whether it is certain that nothing runs any more. */
  stopped?: boolean;
  /** Only of a call that may have changed files of the session: the gateway has them as they are. */
  filesSynced?: true;
}

/** A call that cannot run. */
export interface RefusedCall {
  ok: false;
  errorCode: ToolErrorCode;
  /** The text for the model. */
  result: string;
  /** The `nodeId` of the node that the call is for, if it is known. */
  nodeId?: string;
  /** The database id of that node. */
  agentNodeId?: number;
}

/** A call that was checked and can run. */
export interface PlannedCall {
  ok: true;
  /** The `nodeId` of the node that the call will run on; null if the tool needs no node. */
  nodeId: string | null;
  /** The database id of that node. */
  agentNodeId?: number;
  /**
   * A new random UUID; null if there is no node. It is stored with the call before the call is sent, so that a late
   * result can be matched to the call.
   */
  dispatchId: string | null;
  /** The process of the node's agent that is connected now. Undefined if no agent is connected, or the tool needs no node. */
  instanceId?(): Promise<string | undefined> | string | undefined;
  /** Whether the call was handed to its tool before: then it may run, also when its run is cancelled before `run`. */
  isStarted?: boolean;
  /**
   * Set for a call that the gateway does not run: it waits until a client has run it, or the user has answered the
   * question. Then `run` is never called.
   */
  byClient?: 'TOOL' | 'QUESTION';
  /** Whether the call changes files or runs a program: then the session's `toolApproval` decides. */
  needsApproval: boolean;
  /**
   * Resolves with the reason when the call cannot run any more while it waits for an approval, so that nobody has to
   * decide about it. Stays pending otherwise. Absent for a call that can always run.
   *
   * @param signal Aborts when the decision was made.
   */
  untilLost?(signal: AbortSignal): Promise<RefusedCall>;
  /**
   * Runs the call. Called at most once; minutes after `plan` if a user had to approve the call. If it rejects, the error
   * is logged, and the model is told only that the tool failed.
   *
   * @param onOutput Receives output as it is produced; resolves when it can take more.
   * @param signal Aborts when the run is cancelled; the call then ends soon as `CANCELLED`. It may have aborted already if
   *   the call was started before.
   */
  run(onOutput: (text: string) => Promise<void>, signal: AbortSignal): Promise<ToolOutcome>;
  /** Called when the outcome of `run` is stored: until then, the node keeps the result. */
  onStored?(): void;
}

export type ToolPlan = RefusedCall | PlannedCall;

/** Runs the tool calls of models. */
export interface ToolRunner {
  /** The names of all tools that it may ever offer. */
  readonly names: readonly string[];
  /** Returns the tools that the session's model may call in this run. */
  offer(sessionId: number): Promise<LanguageModelV3FunctionTool[]>;
  /**
   * Checks a call and finds the node for it. Nothing runs yet. The model may call tools that were not offered.
   *
   * @param signal Aborts when the run is cancelled.
   */
  plan(request: ToolRequest, signal: AbortSignal): Promise<ToolPlan>;
  /**
   * Plans a stored call anew. `run` of a call that was started never runs it twice: it waits for the word of the node, and
   * if nobody knows how the call ended, its outcome says so.
   */
  resume(call: StoredCall): Promise<ToolPlan>;
}
