import type { CheckRequest } from './dispatch/call-checks.ts';
import type { InboxClosedReason } from './dispatch/node-command.ts';
import { findWaitedFor } from './dispatch/waited-for.ts';
import type { WaitingRequest } from './dispatch/waiting-calls.ts';
import { Dispatcher } from './dispatcher.ts';
import { type ForwardedReport, takeReport } from './homes/forwarded-reports.ts';
import { Homes } from './homes/homes.ts';
import { HostedCalls } from './homes/hosted-calls.ts';
import { HostedDispatches } from './homes/hosted-dispatches.ts';
import { type CallQuestion, callNames, type DispatchQuestion } from './homes/node-calls.ts';
import { startRecheck } from './homes/recheck.ts';
import type { NodeChanges } from './node-changes.ts';
import type { NodeParts, NodePartsOptions, OtherGateways } from './node-parts.ts';
import { Registry } from './registry.ts';
import { RoutedDispatcher } from './routed-dispatcher.ts';

/** The parts of one of several gateways: a node may be connected to any of them. */
export function createRoutedParts(
  options: NodePartsOptions,
  changes: NodeChanges,
  others: OtherGateways,
): NodeParts {
  const { database, limits } = options;
  const { calls } = others;
  const homes = new Homes({ ...options, ...others });
  const registry = new Registry({ ...options, changes, homes, onMoved: (id) => dispatches.release(id) });
  const find = (id: number) => (homes.isHere(id) ? registry.find(id) : undefined);
  const dispatches = new HostedDispatches({
    find,
    findWaitedFor: (id, dispatchIds) => findWaitedFor(database, id, dispatchIds),
  });
  const waiting = new HostedCalls(find);
  const local = new Dispatcher({ ...options, registry, maxOutputBytes: limits.maxOutputBytes });
  const answers = answersOf({ homes, registry, dispatches, waiting, local });
  const answering = [...answers].map(([name, answer]) => calls.answer(name, answer));
  const answerHere = async (name: string, argument: unknown) => await answers.get(name)?.(argument);
  const recheck = startRecheck({ ...options, dispatches, local, nodes: () => registry.list() });
  return {
    registry,
    dispatcher: new RoutedDispatcher({ ...options, ...others, homes, local, answerHere }),
    disconnect(agentNodeId, reason) {
      registry.disconnect(agentNodeId, reason);
      void homes.find([agentNodeId]).then(([home]) => {
        if (home?.gatewayId == null || home.gatewayId === homes.gatewayId) return;
        calls.tell(home.gatewayId, callNames.disconnect, { agentNodeId, reason });
      });
    },
    async [Symbol.asyncDispose]() {
      for (const each of answering) each[Symbol.dispose]();
      await recheck[Symbol.asyncDispose]();
      dispatches.release();
      waiting[Symbol.dispose]();
      await registry[Symbol.asyncDispose]();
    },
  };
}

interface Parts {
  homes: Homes;
  registry: Registry;
  dispatches: HostedDispatches;
  waiting: HostedCalls;
  local: Dispatcher;
}

/** How this gateway answers the calls of others about its nodes, by the names of the calls. */
function answersOf({ homes, registry, dispatches, waiting, local }: Parts) {
  const answers: [string, (argument: never) => unknown][] = [
    [callNames.dispatch, (question: DispatchQuestion) => dispatches.ask(question)],
    [callNames.taken, ({ dispatchId }: { dispatchId: string }) => dispatches.take(dispatchId)],
    [callNames.check, (question: CallQuestion<CheckRequest>) => waiting.check(question)],
    [callNames.watch, (question: CallQuestion<WaitingRequest>) => waiting.watch(question)],
    [callNames.report, (report: ForwardedReport) => takeReport(local, report)],
    [
      callNames.moved,
      ({ agentNodeId, connectionId }: { agentNodeId: number; connectionId: string }) => {
        if (homes.giveUp(agentNodeId, connectionId)) registry.moveAway(agentNodeId);
      },
    ],
    [
      callNames.disconnect,
      ({ agentNodeId, reason }: { agentNodeId: number; reason: InboxClosedReason }) =>
        registry.disconnect(agentNodeId, reason),
    ],
    [
      callNames.cancelSession,
      ({ agentNodeId, sessionId }: { agentNodeId: number; sessionId: number }) =>
        local.cancelSession(agentNodeId, sessionId),
    ],
  ];
  return new Map(
    answers.map(([name, answer]) => [name, async (argument: unknown) => await answer(argument as never)]),
  );
}
