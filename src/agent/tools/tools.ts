import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { boundText } from '../../base/output-capture.ts';
import { ToolError } from '../../sync/file-tools/tool-error.ts';
import { editFile } from './edit-file.ts';
import { listFiles } from './list-files.ts';
import { readFile } from './read-file.ts';
import { runCommand } from './run-command.ts';
import { searchFiles } from './search-files.ts';
import {
  stoppedReport,
  type Tool,
  type ToolContext,
  type ToolEnvironment,
  type ToolPlace,
  type ToolReport,
} from './tool.ts';
import { writeFile } from './write-file.ts';

/** A tool call as the gateway sends it. */
export interface ToolCall {
  tool: string;
  args: object;
  /** The time limit; the policy may have a shorter one. */
  timeoutMs: number;
  /** The limit of the result in bytes of UTF-8; the policy may have a lower one. */
  maxOutputBytes: number;
}

interface RunToolOptions {
  /** Default: the folder of the agent. */
  place?: ToolPlace | undefined;
  /** Aborts to cancel the call. */
  cancel: AbortSignal;
  /** Gets output while the tool produces it. */
  onOutput(text: string): void;
}

/** The tools of one agent. */
export interface Tools {
  /** The names of the tools that the policy allows. */
  readonly capabilities: string[];
  /** Describes a call in one line. */
  describe(call: Pick<ToolCall, 'tool' | 'args'>): string;
  /** Runs a call until it ends, is cancelled or takes too long. Never rejects: a failure is a report too. */
  run(call: ToolCall, options: RunToolOptions): Promise<ToolReport>;
  /**
   * Says why a call would be refused; undefined if it would run. Nothing runs. Never rejects.
   *
   * @param place Default: the folder of the agent.
   */
  check(call: Pick<ToolCall, 'tool' | 'args'>, place?: ToolPlace): Promise<ToolError | undefined>;
}

const all: readonly Tool[] = [runCommand, readFile, writeFile, editFile, listFiles, searchFiles];
const writing: readonly Tool[] = [writeFile, editFile];

export function createTools(environment: ToolEnvironment): Tools {
  const { policy } = environment;
  const offered = all.filter((tool) => policy.writable || !writing.includes(tool));
  const find = (name: string) => offered.find((tool) => tool.name === name);

  return {
    capabilities: offered.map(({ name }) => name),
    describe: ({ tool, args }) => find(tool)?.describe(args) ?? JSON.stringify(args),
    async check({ tool: name, args }, place) {
      const stop = AbortSignal.timeout(checkMs);
      try {
        const tool = find(name);
        if (tool === undefined) throw notOffered(name);
        await tool.check(args, { ...environment, ...place, stop });
        return undefined;
      } catch (error) {
        // Any other failure may be gone when the call runs.
        return error instanceof ToolError && error.errorCode !== 'FAILED' ? error : undefined;
      }
    },
    async run({ tool: name, args, timeoutMs, maxOutputBytes }, { place, cancel, onOutput }) {
      const stop = new AbortController();
      const onCancel = () => stop.abort('CANCELLED');
      const timer = setTimeout(() => stop.abort('TIMED_OUT'), Math.min(timeoutMs, policy.timeoutMs));
      cancel.addEventListener('abort', onCancel);
      if (cancel.aborted) onCancel();
      const maxBytes = Math.min(maxOutputBytes, policy.maxOutputBytes);
      try {
        const tool = find(name);
        if (tool === undefined) throw notOffered(name);
        const context: ToolContext = {
          ...environment,
          ...place,
          stop: stop.signal,
          maxOutputBytes: maxBytes,
          onOutput,
        };
        stop.signal.throwIfAborted();
        const report = await Promise.race([tool.run(args, context), overdue(stop.signal)]);
        return typeof report === 'string'
          ? { status: 'SUCCEEDED', result: boundText(report, maxBytes) }
          : report;
      } catch (error) {
        return failedReport(error, stop.signal, maxBytes);
      } finally {
        clearTimeout(timer);
        cancel.removeEventListener('abort', onCancel);
      }
    },
  };
}

/** How long the check of a call may take; the gateway then asks a person without it. */
const checkMs = 5_000;

function notOffered(name: string): ToolError {
  return new ToolError('POLICY', `This node does not offer ${name}.`);
}

/** How long a tool may take to end after it was stopped; a command gets 4 seconds to end and 2 for its output. */
const stopMs = 8_000;

/** Rejects with the signal's reason when a tool has not ended in time, because a file system does not answer. */
async function overdue(stop: AbortSignal): Promise<never> {
  if (!stop.aborted) await once(stop, 'abort');
  await delay(stopMs, undefined, { ref: false });
  throw stop.reason;
}

function failedReport(error: unknown, stop: AbortSignal, maxBytes: number): ToolReport {
  if (stop.aborted && error === stop.reason) {
    return stoppedReport(stop, 'The tool call was stopped before it was done.');
  }
  if (error instanceof ToolError) {
    return { status: 'FAILED', errorCode: error.errorCode, result: boundText(error.message, maxBytes) };
  }
  const reason = error instanceof Error ? error.message : String(error);
  return { status: 'FAILED', errorCode: 'FAILED', result: boundText(`The tool failed: ${reason}`, maxBytes) };
}
