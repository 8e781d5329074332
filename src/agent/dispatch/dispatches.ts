import { GatewayError } from '../../client/errors.ts';
import { AcknowledgeDispatchDocument, FinishDispatchDocument } from '../../gql/graphql.ts';
import { Semaphore } from '../concurrency/semaphore.ts';
import type { GatewayClient } from '../connection/gateway-client.ts';
import type { NodeCommandOf } from '../connection/inbox.ts';
import { reasonOf } from '../connection/reason-of.ts';
import { formatBytes, formatDuration, formatLine } from '../output/format.ts';
import type { ToolReport } from '../tools/tool.ts';
import type { ToolCall, Tools } from '../tools/tools.ts';
import { OutputReport } from './output-report.ts';

export interface DispatchesOptions {
  client: GatewayClient;
  tools: Tools;
  /** The random id of this process. */
  instanceId: string;
  /** How many run at once. */
  maxDispatches: number;
  print(line: string): void;
}

type RunDispatch = NodeCommandOf<'RunDispatch'>;

/** Of dispatches that may still be told again. More are not known to any gateway at once. */
const rememberedIds = 10_000;

/**
 * What the gateway gives this agent to do. A dispatch is started once at most, and only after the gateway has
 * been told; how it ended is reported until the gateway answers, whatever becomes of connections meanwhile.
 */
export class Dispatches {
  readonly #options: DispatchesOptions;
  readonly #slots: Semaphore;
  /** Every id that was ever told, the newest ones. */
  readonly #known = new Set<string>();
  /** Those in work or not yet reported, each with what cancels it. */
  readonly #open = new Map<string, AbortController>();
  readonly #work = new Set<Promise<void>>();
  /** Aborts when reports are given up. */
  readonly #closed = new AbortController();
  #isClosing = false;
  #running = 0;

  constructor(options: DispatchesOptions) {
    this.#options = options;
    this.#slots = new Semaphore(options.maxDispatches);
  }

  /** Those in work, or finished and not yet reported. */
  get openIds(): string[] {
    return [...this.#open.keys()];
  }

  /** How many run now. */
  get running(): number {
    return this.#running;
  }

  /** Takes a dispatch, unless it was told before. */
  take(dispatch: RunDispatch): void {
    const { dispatchId } = dispatch;
    if (this.#isClosing || this.#known.has(dispatchId)) return;
    this.#remember(dispatchId);
    const cancel = new AbortController();
    this.#open.set(dispatchId, cancel);
    const work = this.#do(dispatch, cancel.signal)
      .catch((error) => this.#options.print(`${dispatch.tool} could not be reported: ${reasonOf(error)}`))
      .finally(() => {
        this.#open.delete(dispatchId);
        this.#work.delete(work);
      });
    this.#work.add(work);
  }

  /** Stops a dispatch; that it has stopped is reported as any other end. */
  cancel(dispatchId: string): void {
    this.#open.get(dispatchId)?.abort();
  }

  cancelAll(dispatchIds: readonly string[]): void {
    for (const id of dispatchIds) this.cancel(id);
  }

  /** Takes no more, stops those that run, and gives their reports so long. */
  async close(withinMs: number): Promise<void> {
    this.#isClosing = true;
    this.cancelAll(this.openIds);
    const late = setTimeout(() => this.#closed.abort(), withinMs);
    await Promise.all(this.#work);
    clearTimeout(late);
  }

  #remember(dispatchId: string): void {
    this.#known.add(dispatchId);
    const [oldest = ''] = this.#known;
    if (this.#known.size > rememberedIds) this.#known.delete(oldest);
  }

  async #do(dispatch: RunDispatch, cancel: AbortSignal): Promise<void> {
    const { client } = this.#options;
    const { dispatchId } = dispatch;
    const output = new OutputReport(client, dispatchId, this.#closed.signal);
    const report = await this.#slots.run(async () => {
      if (this.#isClosing || !(await this.#acknowledge(dispatchId))) return undefined;
      return this.#run(dispatch, cancel, (text) => output.push(text));
    });
    if (report === undefined) return;
    await output.end();
    await this.#finish(dispatchId, report);
  }

  /** Whether the gateway wants it started, and by this process. */
  async #acknowledge(dispatchId: string): Promise<boolean> {
    const { client, instanceId } = this.#options;
    const variables = { dispatchId, instanceId };
    const answer = await client.askUntilAnswered(AcknowledgeDispatchDocument, variables, this.#closed.signal);
    return answer.acknowledgeDispatch.proceed;
  }

  async #run(
    dispatch: RunDispatch,
    cancel: AbortSignal,
    onOutput: (text: string) => void,
  ): Promise<ToolReport> {
    const { tools, print } = this.#options;
    const { tool, args, timeoutMs, maxOutputBytes } = dispatch;
    const call: ToolCall = { tool, args: Object(args) as object, timeoutMs, maxOutputBytes };
    const about = `${tool}  ${formatLine(tools.describe(call))}`;
    const startedAt = performance.now();
    this.#running += 1;
    print(about);
    const report = await tools.run(call, { cancel, onOutput });
    this.#running -= 1;
    const size = formatBytes(Buffer.byteLength(report.result));
    print(`${about}  → ${endOf(report)} in ${formatDuration(performance.now() - startedAt)}, ${size}`);
    return report;
  }

  async #finish(dispatchId: string, report: ToolReport): Promise<void> {
    const { client } = this.#options;
    const send = (input: ToolReport) =>
      client.askUntilAnswered(FinishDispatchDocument, { dispatchId, input }, this.#closed.signal);
    try {
      await send(report);
    } catch (error) {
      if (!(error instanceof GatewayError) || error.isPassing || error.isUnauthenticated) throw error;
      const result = `It has ended, and the gateway refuses its result: ${error.message}`;
      await send({ status: 'FAILED', errorCode: 'FAILED', result });
    }
  }
}

function endOf({ status, exitCode, errorCode, result }: ToolReport): string {
  if (exitCode !== undefined) return `exit ${exitCode}`;
  if (errorCode === 'POLICY') return `refused: ${formatLine(result)}`;
  return status.toLowerCase().replace('_', ' ');
}
