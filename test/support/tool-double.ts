import type { ToolOutcome, ToolRequest, ToolRunner } from '../../src/chat/tools.ts';

export interface ToolPlay {
  args: unknown;
  request: ToolRequest;
  /** Streams output. */
  print(text: string): Promise<void>;
  signal: AbortSignal;
}

/** What a tool does; a string is the result of a call that succeeded. */
export type Tool = (play: ToolPlay) => Promise<ToolOutcome | string> | ToolOutcome | string;

/** Tools that run in the test: the double of the nodes attached to a session. */
export function createTools(tools: Record<string, Tool>): ToolRunner & { readonly requests: ToolRequest[] } {
  const requests: ToolRequest[] = [];
  return {
    requests,
    offer: async () =>
      Object.keys(tools).map((name) => ({
        type: 'function',
        name,
        description: `Runs ${name}.`,
        inputSchema: { type: 'object', properties: { path: { type: 'string' } } },
      })),
    async run(request, onOutput, signal) {
      requests.push(request);
      const tool = tools[request.name];
      if (tool === undefined) throw new Error(`The test has no tool ${request.name}.`);
      const outcome = await tool({ args: request.args, request, print: onOutput, signal });
      return typeof outcome === 'string' ? { status: 'SUCCEEDED', result: outcome } : outcome;
    },
  };
}
