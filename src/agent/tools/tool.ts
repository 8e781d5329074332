import type { z } from 'zod';
import { type AgentErrorCode, ToolError } from '../../sync/file-tools/tool-error.ts';
import type { Semaphore } from '../concurrency/semaphore.ts';
import type { Workspace } from '../files/workspace.ts';
import type { Policy } from '../policy/policy.ts';
import type { Watchdog } from '../process/watchdog.ts';

/** How a tool call ended: the input of the mutation `finishDispatch`. */
export interface ToolReport {
  status: 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'TIMED_OUT';
  /** The text for the model. */
  result: string;
  /** Present if the tool ran a program and the agent did not stop it. */
  exitCode?: number;
  errorCode?: AgentErrorCode | 'TIMEOUT';
  /** Of a call that may have changed files of a session: whether the gateway has them as they are. */
  filesSynced?: boolean;
}

/** Where tools work. */
export interface ToolPlace {
  workspace: Workspace;
  /**
   * Lets one tool at a time write files. If two tools read and then wrote the same file at once, the change of the
   * first one would be lost.
   */
  writeLock: Pick<Semaphore, 'run'>;
}

/** The parts of an agent that its tools use. */
export interface ToolEnvironment extends ToolPlace {
  policy: Policy;
  /** The environment variables of commands. */
  commandEnvironment: NodeJS.ProcessEnv;
  watchdog: Watchdog;
}

export interface ToolContext extends ToolEnvironment {
  /** Aborts when the call is cancelled or takes too long. Its reason is the status to report. */
  stop: AbortSignal;
  /** The limit of the result in bytes of UTF-8. */
  maxOutputBytes: number;
  /** Gets output while the tool produces it. */
  onOutput(text: string): void;
}

/** A tool as the rest of the agent sees it: it takes arguments that were not checked. */
export interface Tool {
  name: string;
  /** Describes a call in one line, for the person who watches the agent. */
  describe(args: object): string;
  /**
   * A string is the result of a call that succeeded.
   *
   * @throws ToolError for invalid arguments, and if the tool fails.
   */
  run(args: object, context: ToolContext): Promise<ToolReport | string>;
  /**
   * Checks the arguments against the policy. Nothing runs.
   *
   * @throws ToolError for a call that `run` would refuse.
   */
  check(args: object, context: CheckContext): Promise<void>;
}

/** What a check may use. */
type CheckContext = Pick<ToolContext, 'workspace' | 'policy' | 'stop'>;

export interface ToolDefinition<Args> {
  name: string;
  args: z.ZodType<Args>;
  describe(args: Args): string;
  /** A string is the result of a call that succeeded. */
  run(args: Args, context: ToolContext): Promise<ToolReport | string>;
  /**
   * @throws ToolError for a call that the policy does not allow. Default: nothing is checked but the arguments.
   */
  check?(args: Args, context: CheckContext): Promise<unknown>;
}

/** Makes a tool that checks its arguments before it runs. */
export function defineTool<Args>({ name, args: schema, describe, run, check }: ToolDefinition<Args>): Tool {
  const parse = (args: object): Args => {
    const parsed = schema.safeParse(args);
    if (parsed.success) return parsed.data;
    throw new ToolError('BAD_ARGUMENTS', parsed.error.issues.map(complaint).join('\n'));
  };
  return {
    name,
    describe(args) {
      const { data } = schema.safeParse(args);
      return data === undefined ? JSON.stringify(args) : describe(data);
    },
    run: async (args, context) => run(parse(args), context),
    async check(args, context) {
      const parsed = parse(args);
      await check?.(parsed, context);
    },
  };
}

function complaint({ path, message }: z.core.$ZodIssue): string {
  return `${path.join('.')}: ${message}`;
}

/** The report of a call that `stop` ended. */
export function stoppedReport(stop: AbortSignal, result: string): ToolReport {
  return stop.reason === 'TIMED_OUT'
    ? { status: 'TIMED_OUT', errorCode: 'TIMEOUT', result }
    : { status: 'CANCELLED', result };
}
