import type { LanguageModelV3FunctionTool } from '@ai-sdk/provider';

/** A tool call as the model asked for it. */
export interface ToolRequest {
  sessionId: number;
  runId: number;
  callId: string;
  name: string;
  /** Parsed JSON, not yet checked against the tool's schema. */
  args: unknown;
}

export interface ToolOutcome {
  status: 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
  /** What the model is told. */
  result: string;
  exitCode?: number;
}

/** Runs the tools that the model calls. What it throws is told to the model as a failed call. */
export interface ToolRunner {
  /** The tools that a session's model may call in this run. */
  offer(sessionId: number): Promise<LanguageModelV3FunctionTool[]>;
  /**
   * @param onOutput Takes output as it is produced; resolves when more may come.
   * @param signal Aborts when the run is cancelled; the call then ends soon as `CANCELLED`.
   */
  run(
    request: ToolRequest,
    onOutput: (text: string) => Promise<void>,
    signal: AbortSignal,
  ): Promise<ToolOutcome>;
}

/** For a gateway with nothing attached that could run a tool. */
export const noTools: ToolRunner = {
  offer: async () => [],
  run: async ({ name }) => ({ status: 'FAILED', result: `There is no tool named "${name}".` }),
};
