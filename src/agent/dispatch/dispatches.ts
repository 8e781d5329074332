import type { Traces } from '../../traces/traces.ts';
import { Semaphore } from '../concurrency/semaphore.ts';
import type { GatewayClient } from '../connection/gateway-client.ts';
import { reasonOf } from '../connection/reason-of.ts';
import type { Workspaces } from '../sync/workspaces.ts';
import type { ToolReport } from '../tools/tool.ts';
import type { Tools } from '../tools/tools.ts';
import { OpenDispatches } from './cancel-dispatch.ts';
import { OutputReport } from './output-report.ts';
import { reportResult } from './report-result.ts';
import { ReportedResults } from './reported-results.ts';
import { acknowledgeDispatch, type Dispatch, runDispatch } from './run-dispatch.ts';
import { traceDispatch } from './trace-dispatch.ts';

export interface DispatchesOptions {
  client: GatewayClient;
  tools: Tools;
  workspaces: Pick<Workspaces, 'place' | 'flush'>;
  /** The random id of this process. */
  instanceId: string;
  /** How many dispatches run at once. */
  maxDispatches: number;
  /** Undefined for an agent that makes no traces. */
  traces: Traces | undefined;
  print(line: string): void;
}

/** How many ids are remembered. It exceeds the number of dispatches that a gateway may send again. */
const rememberedIds = 10_000;

/**
 * The dispatches of an agent. Each one is started at most once, and only after the gateway has acknowledged it. Its
 * result is sent until the gateway answers, over any number of connections.
 */
export class Dispatches {
  readonly #options: DispatchesOptions;
  readonly #slots: Semaphore;
  readonly #knownIds = new Set<string>();
  readonly #open = new OpenDispatches();
  readonly #reported = new ReportedResults();
  readonly #work = new Set<Promise<void>>();
  /** Aborts when the agent no longer tries to report. */
  readonly #giveUp = new AbortController();
  #isClosing = false;
  #hasWarned = false;
  #running = 0;

  constructor(options: DispatchesOptions) {
    this.#options = options;
    this.#slots = new Semaphore(options.maxDispatches);
  }

  /** The ids of the open dispatches: from their arrival until their result is reported. */
  get openIds(): string[] {
    return this.#open.ids;
  }

  /** How many dispatches run now. */
  get running(): number {
    return this.#running;
  }

  /**
   * Starts a dispatch when a slot is free. A dispatch that arrives again is not started again: its result is reported
   * again if it has ended, because the gateway that took it may be lost.
   */
  take(dispatch: Dispatch): void {
    const { dispatchId, tool } = dispatch;
    if (this.#isClosing || this.#open.has(dispatchId)) return;
    const reported = this.#reported.find(dispatchId);
    if (reported === undefined && this.#knownIds.has(dispatchId)) return;
    this.#remember(dispatchId);
    const cancel = this.#open.add(dispatchId);
    const work = (reported ? this.#report(dispatchId, reported) : this.#runAndReport(dispatch, cancel))
      .catch((error) => this.#options.print(`${tool} could not be reported: ${reasonOf(error)}`))
      .finally(() => {
        this.#open.remove(dispatchId);
        this.#work.delete(work);
      });
    this.#work.add(work);
  }

  /** Cancels dispatches. The result of a cancelled dispatch is reported as usual. */
  cancel(dispatchIds: readonly string[]): void {
    this.#open.cancel(dispatchIds);
  }

  /** Cancels all dispatches, takes no more, and waits until all are reported, but not longer than `withinMs`. */
  async close(withinMs: number): Promise<void> {
    this.#isClosing = true;
    this.cancel(this.openIds);
    const late = setTimeout(() => this.#giveUp.abort(), withinMs);
    await Promise.all(this.#work);
    clearTimeout(late);
  }

  /** Says at the first such call what the mark on the line of each call means. */
  #warnOnce(): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#options.print(
      'warning: This session runs tools without asking (toolApproval: AUTO). Nobody approves the calls that are marked so.',
    );
  }

  #remember(dispatchId: string): void {
    this.#knownIds.add(dispatchId);
    const [oldest = ''] = this.#knownIds;
    if (this.#knownIds.size > rememberedIds) this.#knownIds.delete(oldest);
  }

  async #runAndReport(dispatch: Dispatch, cancel: AbortSignal): Promise<void> {
    const { client, tools, workspaces, instanceId, traces, print } = this.#options;
    const { dispatchId } = dispatch;
    const { signal: giveUp } = this.#giveUp;
    const output = new OutputReport(client, dispatchId, giveUp);
    const report = await this.#slots.run(async () => {
      if (this.#isClosing) return;
      if (!(await acknowledgeDispatch(client, { dispatchId, instanceId }, giveUp))) {
        this.#knownIds.delete(dispatchId);
        return;
      }
      if (dispatch.toolApproval === 'AUTO') this.#warnOnce();
      this.#running += 1;
      try {
        const onOutput = (text: string) => output.push(text);
        const run = () => runDispatch(dispatch, { tools, workspaces, print, onOutput }, cancel);
        return await (traces ? traceDispatch(traces, dispatch, run) : run());
      } finally {
        this.#running -= 1;
      }
    });
    if (report === undefined) return;
    await output.end();
    await this.#report(dispatchId, report);
  }

  async #report(dispatchId: string, report: ToolReport): Promise<void> {
    await reportResult(this.#options.client, dispatchId, report, this.#giveUp.signal);
    this.#reported.add(dispatchId, report);
  }
}
