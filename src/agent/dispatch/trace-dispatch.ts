import type { Traces } from '../../traces/traces.ts';
import type { ToolReport } from '../tools/tool.ts';
import type { Dispatch } from './run-dispatch.ts';

/** Runs a dispatch in a span, which goes on with the trace of the gateway. It has neither the arguments nor the result. */
export async function traceDispatch(
  traces: Traces,
  { dispatchId, tool, traceparent, tracestate }: Dispatch,
  run: () => Promise<ToolReport>,
): Promise<ToolReport> {
  const parent = { ...(traceparent && { traceparent }), ...(tracestate && { tracestate }) };
  const attributes = {
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': tool,
    'gen_ai.tool.type': 'function',
    'switchyard.dispatch.id': dispatchId,
  };
  const span = traces.start(`execute_tool ${tool}`, { kind: 'server', parent, attributes });
  try {
    const report = await traces.within(span, run);
    const { status, errorCode, exitCode } = report;
    span.set({ 'switchyard.tool.status': status, 'switchyard.tool.exit_code': exitCode });
    if (status !== 'SUCCEEDED') span.fail(errorCode ?? status);
    return report;
  } finally {
    span.end();
  }
}
