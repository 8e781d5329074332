import type { ToolOutcome } from './tool-runner.ts';

/** A call of a tool that reads files of the session on one of its nodes. */
export interface ReadingCall {
  sessionId: number;
  agentNodeId: number;
  tool: 'read_file' | 'list_files' | 'search_files';
  /** They match the schema of the tool. */
  args: object;
  /** The limit of a result in bytes of UTF-8. */
  maxOutputBytes: number;
}

/** A call that may change files of the session on one of its nodes. */
export interface WritingCall {
  sessionId: number;
  agentNodeId: number;
  dispatchId: string;
}

/** The gateway's copy of the files that a session shares with its nodes. */
export interface FileCopy {
  /**
   * Answers a call as the node would. Undefined if it is not certain that the node would answer the same, or if the node
   * can do it at less cost: ask the node then.
   */
  answer(call: ReadingCall): Promise<ToolOutcome | undefined>;
  /** Until the call has ended, and the copy has what it has changed, nothing is answered for this node. */
  begin(call: WritingCall): Promise<void>;
  /** @param isSynced Whether it is certain that the copy has everything that the call has changed. */
  end(call: WritingCall, isSynced: boolean): Promise<void>;
}
