import type { Attributes, Traces } from '../traces/traces.ts';
import type { ToolOutcome, ToolPlan, ToolRequest, ToolRunner } from './tool-runner.ts';

/**
 * Gives each tool call that runs a span, from the moment when it may run until its result is there, and each call that
 * cannot run one, too. A call that a client runs, or that nobody approves, has none.
 */
export function traceTools(tools: ToolRunner, traces: Traces): ToolRunner {
  const traced = (plan: ToolPlan, request: ToolRequest): ToolPlan => {
    const isKnown = tools.names.includes(request.name);
    // The model may ask for a tool by any name.
    const name = isKnown ? `execute_tool ${request.name}` : 'execute_tool';
    const start = () =>
      traces.start(name, { kind: 'internal', attributes: attributesOf(request, plan, isKnown) });
    if (!plan.ok) {
      const span = start();
      span.fail(plan.errorCode);
      span.end();
      return plan;
    }
    return {
      ...plan,
      async run(onOutput, signal) {
        const span = start();
        try {
          const outcome = await traces.within(span, () => plan.run(onOutput, signal));
          span.set({
            'switchyard.tool.status': outcome.status,
            'switchyard.tool.exit_code': outcome.exitCode,
          });
          if (outcome.status !== 'SUCCEEDED') span.fail(errorTypeOf(outcome));
          return outcome;
        } catch (error) {
          span.fail('FAILED');
          throw error;
        } finally {
          span.end();
        }
      },
    };
  };
  return {
    get names() {
      return tools.names;
    },
    offer: (sessionId) => tools.offer(sessionId),
    plan: async (request, signal) => traced(await tools.plan(request, signal), request),
    resume: async (call) => traced(await tools.resume(call), call),
  };
}

/** Neither the arguments nor the result, which may be anything. */
function attributesOf(
  { name, callId, runId, sessionId }: ToolRequest,
  plan: ToolPlan,
  isKnown: boolean,
): Attributes {
  return {
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': isKnown ? name : undefined,
    'gen_ai.tool.type': 'function',
    'gen_ai.tool.call.id': callId,
    'switchyard.run.id': runId,
    'switchyard.session.id': sessionId,
    'switchyard.node.id': plan.nodeId ?? undefined,
    'switchyard.dispatch.id': plan.ok ? (plan.dispatchId ?? undefined) : undefined,
  };
}

function errorTypeOf({ status, errorCode = 'FAILED' }: ToolOutcome): string {
  return status === 'CANCELLED' ? 'CANCELLED' : errorCode;
}
