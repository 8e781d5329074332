import { setInterval } from 'node:timers/promises';
import { GatewayUnreachableError } from '../bus/gateway-calls.ts';
import { tryAgain } from '../errors.ts';
import type { AgentNode } from '../generated/prisma/client.ts';
import type { ToolOutcome } from '../tools/tool-runner.ts';
import type { CallRefusal, CheckRequest } from './dispatch/call-checks.ts';
import type { DispatchRequest } from './dispatch/dispatch.ts';
import type { DispatchLimits } from './dispatch/dispatch-limits.ts';
import { type DispatchReport, failure, notBackInTime } from './dispatch/dispatch-outcome.ts';
import type { OutputProgress } from './dispatch/dispatch-output.ts';
import type { WaitingRequest } from './dispatch/waiting-calls.ts';
import { cancelledBefore, offlineText } from './dispatcher.ts';
import type { ForwardedReport } from './homes/forwarded-reports.ts';
import { HomeLine, type HomeLineOptions } from './homes/home-line.ts';
import { type CallAnswer, callNames, type NodeName } from './homes/node-calls.ts';
import { runAtHome } from './homes/run-at-home.ts';
import type { NodeDispatcher } from './node-dispatcher.ts';
import type { NodeStats } from './presence/presence.ts';

export interface RoutedDispatcherOptions extends HomeLineOptions {
  /** Sends calls to the nodes that have their home here. */
  local: NodeDispatcher;
  limits: DispatchLimits;
}

/** Milliseconds that a home may take to answer whether a call is lost: longer than it waits for that. */
const watchMs = 15_000;
/** Milliseconds between two looks whether the home that does not answer is still the home. */
const lookEveryMs = 500;
/** Milliseconds that a home may take to answer the report of an agent: the agent waits longer. */
const reportMs = 8_000;

/** Sends tool calls to nodes that may be connected to any gateway, and passes the reports of agents on to their home. */
export class RoutedDispatcher implements NodeDispatcher {
  readonly #options: RoutedDispatcherOptions;

  constructor(options: RoutedDispatcherOptions) {
    this.#options = options;
  }

  async dispatch(node: AgentNode, request: DispatchRequest, signal: AbortSignal): Promise<ToolOutcome> {
    if (signal.aborted && !request.resumed) return cancelledBefore;
    const offline = request.resumed ? undefined : await this.whyOffline(node);
    if (offline !== undefined) return failure('NODE_OFFLINE', offline);
    const { limits } = this.#options;
    using line = new HomeLine(node.id, this.#options);
    const outcome = await runAtHome(nameOf(node), request, { line, limits, signal });
    const { home } = line;
    const taken = { agentNodeId: node.id, dispatchId: request.dispatchId };
    // Until it is stored, the gateway that takes the run over can get it from the home.
    void Promise.resolve(request.onReported?.()).then(() => this.#tell(home, callNames.taken, taken));
    return outcome;
  }

  async check(node: AgentNode, request: CheckRequest, signal: AbortSignal): Promise<ToolOutcome | undefined> {
    using line = new HomeLine(node.id, this.#options);
    const late = AbortSignal.any([signal, AbortSignal.timeout(this.#options.limits.ackMs)]);
    const answer = await line.ask<CallAnswer>({
      name: callNames.check,
      argument: () => ({ node: nameOf(node), request }),
      timeoutMs: this.#options.limits.ackMs + reportMs,
      stop: late,
    });
    if (answer || signal.aborted) return answer?.outcome;
    const offline = await this.whyOffline(node);
    return offline === undefined ? undefined : failure('NODE_OFFLINE', offline);
  }

  async watch(node: AgentNode, request: WaitingRequest, signal: AbortSignal): Promise<ToolOutcome> {
    using line = new HomeLine(node.id, this.#options);
    const argument = () => ({ node: nameOf(node), request });
    while (!signal.aborted) {
      const question = { name: callNames.watch, argument, timeoutMs: watchMs, stop: signal };
      const answer = await line.ask<CallAnswer>(question);
      if (answer?.outcome) return answer.outcome;
      if (answer === undefined && !signal.aborted) {
        return failure('NODE_OFFLINE', `${notBackInTime(node.nodeId)} Nothing was started.`);
      }
    }
    // Nobody waits any more.
    return await new Promise<never>(() => undefined);
  }

  async whyOffline(node: AgentNode): Promise<string | undefined> {
    const { homes, local } = this.#options;
    if (homes.isHere(node.id)) return await local.whyOffline(node);
    const [home] = await homes.find([node.id]);
    // Without a home, the node may be on its way back after a restart.
    if (home === undefined) return homes.isBlind ? undefined : await local.whyOffline(node);
    return home.isReachable ? undefined : offlineText(node, home.presence);
  }

  async instanceOf(node: Pick<AgentNode, 'id'>): Promise<string | undefined> {
    const { homes, local } = this.#options;
    if (homes.isHere(node.id)) return await local.instanceOf(node);
    return (await homes.find([node.id]))[0]?.instanceId;
  }

  cancelSession(agentNodeId: number, sessionId: number): void {
    const { homes, local } = this.#options;
    local.cancelSession(agentNodeId, sessionId);
    if (homes.isHere(agentNodeId)) return;
    void homes.find([agentNodeId]).then(([home]) => {
      this.#tell(home?.gatewayId ?? undefined, callNames.cancelSession, { agentNodeId, sessionId });
    });
  }

  acknowledge(node: NodeName, dispatchId: string, instanceId: string): Promise<boolean> {
    return this.#report({ name: 'acknowledge', given: [nameOf(node), dispatchId, instanceId] });
  }

  append(node: NodeName, dispatchId: string, offset: number, text: string): Promise<OutputProgress> {
    return this.#report({ name: 'append', given: [nameOf(node), dispatchId, offset, text] });
  }

  finish(node: NodeName, dispatchId: string, report: DispatchReport): Promise<boolean> {
    return this.#report({ name: 'finish', given: [nameOf(node), dispatchId, report] });
  }

  reportCheck(node: NodeName, dispatchId: string, refusal: CallRefusal | null): Promise<boolean> {
    return this.#report({ name: 'reportCheck', given: [nameOf(node), dispatchId, refusal] });
  }

  async beat(node: NodeName, stats: NodeStats, running: readonly string[]): Promise<string[]> {
    const { homes } = this.#options;
    // The agent keeps its connection until the gateways see each other again.
    if (homes.isBlind && !homes.isHere(node.id)) return [];
    return await this.#report({ name: 'beat', given: [nameOf(node), stats, running] });
  }

  /** @throws GatewayError What the home throws; OVERLOADED if it does not answer, or the node has moved meanwhile. */
  async #report<Result>(report: ForwardedReport): Promise<Result> {
    const { homes, calls, answerHere } = this.#options;
    const [{ id }] = report.given;
    if (homes.isHere(id)) {
      const result = await answerHere(callNames.report, report);
      if (!homes.isHere(id)) throw moving();
      return result as Result;
    }
    const [home] = await homes.find([id]);
    if (home === undefined && !homes.isBlind && report.name !== 'beat') {
      return (await answerHere(callNames.report, report)) as Result;
    }
    if (home?.gatewayId == null || home.gatewayId === homes.gatewayId) throw moving();
    const over = new AbortController();
    try {
      const answer = calls.ask(home.gatewayId, callNames.report, report, { timeoutMs: reportMs });
      return (await Promise.race([answer, this.#untilMoved(id, home.gatewayId, over.signal)])) as Result;
    } catch (error) {
      throw error instanceof GatewayUnreachableError ? moving() : error;
    } finally {
      over.abort();
    }
  }

  /** Rejects when a node has another home than this: a home that has died does not answer any more. */
  async #untilMoved(agentNodeId: number, before: string, over: AbortSignal): Promise<void> {
    for await (const _ of setInterval(lookEveryMs, undefined, { signal: over, ref: false })) {
      const [home] = await this.#options.homes.find([agentNodeId]);
      if (home !== undefined && home.gatewayId !== before) throw moving();
    }
  }

  #tell(gatewayId: string | undefined, name: string, argument: unknown): void {
    const { homes, calls, answerHere } = this.#options;
    if (gatewayId === homes.gatewayId) void answerHere(name, argument);
    else if (gatewayId !== undefined) calls.tell(gatewayId, name, argument);
  }
}

function nameOf({ id, nodeId }: NodeName): NodeName {
  return { id, nodeId };
}

function moving() {
  const message = 'The gateway to which the node is connected does not answer; try again.';
  return tryAgain('OVERLOADED', message, { retryAfter: 1 });
}
