import type { LanguageModelV3FunctionTool } from '@ai-sdk/provider';
import { roundLongIntegers } from '../../../base/long-integers.ts';
import type { Reader } from '../../../storage/statements/statement.ts';
import type {
  PlannedCall,
  RefusedCall,
  StoredCall,
  ToolPlan,
  ToolRequest,
  ToolRunner,
} from '../../../tools/tool-runner.ts';
import { askUserName, askUserTool, questionProblem } from './ask-user.ts';
import type { ClientTool, OfferedTools } from './client-tool.ts';
import { complaintsAbout } from './match-schema.ts';
import { readTools, type StoredTools } from './store-tools.ts';

/** The tools of a run: those of the session's nodes, and those that its prompt was sent with. */
export async function toolsOfRun(
  run: StoredTools,
  statements: Reader,
  nodeTools: ToolRunner,
): Promise<ToolRunner> {
  if (run.toolSetId === null && !run.askUser) return nodeTools;
  return new RunTools(nodeTools, await readTools(statements, run));
}

class RunTools implements ToolRunner {
  readonly #nodeTools: ToolRunner;
  readonly #offered: OfferedTools;

  constructor(nodeTools: ToolRunner, offered: OfferedTools) {
    this.#nodeTools = nodeTools;
    this.#offered = offered;
  }

  get names() {
    return this.#nodeTools.names;
  }

  async offer(sessionId: number): Promise<LanguageModelV3FunctionTool[]> {
    const { clientTools, askUser } = this.#offered;
    const ofNodes = await this.#nodeTools.offer(sessionId);
    return [...ofNodes, ...clientTools.map(declare), ...(askUser ? [askUserTool] : [])];
  }

  async plan(request: ToolRequest, signal: AbortSignal): Promise<ToolPlan> {
    const { name, args, runId } = request;
    const { clientTools, askUser } = this.#offered;
    // As for the tools of nodes, a long integer counts as the number that it is.
    const written = roundLongIntegers(args) as object;
    if (name === askUserName && askUser) return planned('QUESTION', await questionProblem(written, runId));
    const tool = clientTools.find((known) => known.name === name);
    if (tool) return planned('TOOL', await complaintsAbout(written, tool.inputSchema, runId));
    const plan = await this.#nodeTools.plan(request, signal);
    return plan.ok || plan.errorCode !== 'UNKNOWN_TOOL' ? plan : await this.#unknown(request);
  }

  resume(call: StoredCall): Promise<ToolPlan> {
    return this.#nodeTools.resume(call);
  }

  /** The runner of the nodes names only its own tools. */
  async #unknown({ name, sessionId }: ToolRequest): Promise<RefusedCall> {
    const names = (await this.offer(sessionId)).map((tool) => tool.name).join(', ');
    const result = `There is no tool named "${name}". The tools are: ${names}.`;
    return { ok: false, errorCode: 'UNKNOWN_TOOL', result };
  }
}

function declare({ name, description, inputSchema }: ClientTool): LanguageModelV3FunctionTool {
  const { $schema: _, ...schema } = inputSchema;
  return { type: 'function', name, ...(description !== '' && { description }), inputSchema: schema };
}

function planned(byClient: 'TOOL' | 'QUESTION', problem: string | undefined): ToolPlan {
  if (problem === undefined) return clientCall(byClient);
  const result = `The arguments are not what the tool expects. ${problem}`;
  return { ok: false, errorCode: 'BAD_ARGUMENTS', result };
}

/** A call that waits for a client. It is not handed to `run`. */
export function clientCall(byClient: 'TOOL' | 'QUESTION'): PlannedCall {
  return {
    ok: true,
    byClient,
    nodeId: null,
    dispatchId: null,
    needsApproval: false,
    run: () => Promise.reject(new Error('A call that a client runs was handed to the gateway.')),
  };
}
