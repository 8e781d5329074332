import type { CallRefusal } from '../dispatch/call-checks.ts';
import type { DispatchReport } from '../dispatch/dispatch-outcome.ts';
import type { OutputProgress } from '../dispatch/dispatch-output.ts';
import type { NodeStats } from '../presence/presence.ts';
import type { NodeName } from './node-calls.ts';

/** Takes what agents report. */
export interface NodeReports {
  /** Returns whether the agent may start a dispatch. The same process gets the same reply when it asks again. */
  acknowledge(node: NodeName, dispatchId: string, instanceId: string): Promise<boolean>;
  /**
   * Takes a piece of a tool's output.
   *
   * @param offset Where the piece begins, in UTF-16 code units from the start of all output.
   * @throws GatewayError CONFLICT if an earlier piece is missing.
   */
  append(node: NodeName, dispatchId: string, offset: number, text: string): Promise<OutputProgress>;
  /** Takes a result. Returns whether it came in time. The same report gets the same reply again. */
  finish(node: NodeName, dispatchId: string, report: DispatchReport): Promise<boolean>;
  /** Takes the answer to a check. Returns whether anybody waited for it. */
  reportCheck(node: NodeName, dispatchId: string, refusal: CallRefusal | null): Promise<boolean>;
  /** Takes a heartbeat. Returns the ids of the dispatches that the agent should not be running. */
  beat(node: NodeName, stats: NodeStats, running: readonly string[]): Promise<string[]>;
}

/** A report that an agent has made to another gateway than the home of its node. */
export type ForwardedReport = {
  [Name in keyof NodeReports]: { name: Name; given: Parameters<NodeReports[Name]> };
}[keyof NodeReports];

/** Takes a report that another gateway has passed on. */
export async function takeReport(reports: NodeReports, report: ForwardedReport): Promise<unknown> {
  const { name, given } = report;
  const take = reports[name] as (...given: unknown[]) => Promise<unknown>;
  return await take.apply(reports, given);
}
