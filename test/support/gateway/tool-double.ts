import type { ToolOutcome, ToolPlan, ToolRequest, ToolRunner } from '../../../src/tools/tool-runner.ts';

export interface ToolPlay {
  args: object;
  request: ToolRequest;
  /** Streams output. */
  print(text: string): Promise<void>;
  signal: AbortSignal;
}

/** What a tool does. A returned string is the result of a call that succeeded. */
export type Tool = (play: ToolPlay) => Promise<ToolOutcome | string> | ToolOutcome | string;

export interface ToolDoubleOptions {
  /** The names of the tools that need an approval. Default: no tool. */
  needApproval?: readonly string[];
  /** The node on which all tools run. It must be the first node of the gateway. Default: no node. */
  nodeId?: string;
}

/** Tools that run in the test, instead of on the nodes of a session. */
export function createTools(
  tools: Record<string, Tool>,
  { needApproval = [], nodeId }: ToolDoubleOptions = {},
): ToolRunner & { readonly requests: ToolRequest[] } {
  const requests: ToolRequest[] = [];
  const runner: ToolRunner & { readonly requests: ToolRequest[] } = {
    requests,
    names: Object.keys(tools),
    offer: async () =>
      Object.keys(tools).map((name) => ({
        type: 'function',
        name,
        description: `Runs ${name}.`,
        inputSchema: { type: 'object', properties: { path: { type: 'string' } } },
      })),
    async plan(request): Promise<ToolPlan> {
      const tool = tools[request.name];
      if (tool === undefined) {
        const result = `There is no tool named "${request.name}". Tools there are: ${Object.keys(tools).join(', ')}.`;
        return { ok: false, errorCode: 'UNKNOWN_TOOL', result };
      }
      return {
        ok: true,
        nodeId: nodeId ?? null,
        ...(nodeId !== undefined && { agentNodeId: 1 }),
        dispatchId: nodeId === undefined ? null : crypto.randomUUID(),
        needsApproval: needApproval.includes(request.name),
        async run(print, signal) {
          requests.push(request);
          const outcome = await tool({ args: request.args, request, print, signal });
          return typeof outcome === 'string' ? { status: 'SUCCEEDED', result: outcome } : outcome;
        },
      };
    },
    async resume({ isStarted, dispatchId, ...request }) {
      if (isStarted) return { ok: false, errorCode: 'FAILED', result: 'Nobody knows whether it ran.' };
      const planned = await runner.plan(request, new AbortController().signal);
      return planned.ok ? { ...planned, dispatchId } : planned;
    },
  };
  return runner;
}
