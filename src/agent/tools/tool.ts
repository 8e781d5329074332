import type { z } from 'zod';
import { type AgentErrorCode, ToolError } from '../errors/tool-error.ts';
import type { InTurn } from '../files/turns.ts';
import type { Workspace } from '../files/workspace.ts';
import type { Policy } from '../policy/policy.ts';
import type { Watchdog } from '../process/watchdog.ts';

/** What an agent reports of a tool call: the input of `finishDispatch`. */
export interface ToolReport {
  status: 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'TIMED_OUT';
  /** What the model is told. */
  result: string;
  /** Where a program was run, and ended by itself. */
  exitCode?: number;
  errorCode?: AgentErrorCode | 'TIMEOUT';
}

/** What tools work with. */
export interface ToolEnvironment {
  workspace: Workspace;
  policy: Policy;
  /** The environment of commands. */
  commandEnvironment: NodeJS.ProcessEnv;
  watchdog: Watchdog;
  /** In which files are written. */
  inTurn: InTurn;
}

export interface ToolContext extends ToolEnvironment {
  /** Aborts when the call is cancelled or has taken too long; its reason is the status to report. */
  stop: AbortSignal;
  /** Of the result, in UTF-8. */
  maxOutputBytes: number;
  /** Takes output while it is produced. */
  onOutput(text: string): void;
}

/** A tool as the rest of the agent sees it. */
export interface Tool {
  name: string;
  /** What a call is about, in one line for the person who watches the agent. */
  describe(args: object): string;
  /** @throws ToolError for arguments that will not do, and where the tool fails. */
  run(args: object, context: ToolContext): Promise<ToolReport | string>;
}

export interface ToolDefinition<Args> {
  name: string;
  args: z.ZodType<Args>;
  describe(args: Args): string;
  /** A string is the result of a call that succeeded. */
  run(args: Args, context: ToolContext): Promise<ToolReport | string>;
}

/** Makes a tool that checks its arguments first. */
export function defineTool<Args>({ name, args: schema, describe, run }: ToolDefinition<Args>): Tool {
  return {
    name,
    describe(args) {
      const { data } = schema.safeParse(args);
      return data === undefined ? JSON.stringify(args) : describe(data);
    },
    async run(args, context) {
      const parsed = schema.safeParse(args);
      if (!parsed.success)
        throw new ToolError('BAD_ARGUMENTS', parsed.error.issues.map(complaint).join('\n'));
      return run(parsed.data, context);
    },
  };
}

function complaint({ path, message }: z.core.$ZodIssue): string {
  return `${path.join('.')}: ${message}`;
}

/** The report of a call that was stopped from outside. */
export function stoppedReport(stop: AbortSignal, result: string): ToolReport {
  return stop.reason === 'TIMED_OUT'
    ? { status: 'TIMED_OUT', errorCode: 'TIMEOUT', result }
    : { status: 'CANCELLED', result };
}
