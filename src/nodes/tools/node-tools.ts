import { randomUUID } from 'node:crypto';
import type { AgentNode } from '../../generated/prisma/client.ts';
import type { Database } from '../../storage/database.ts';
import type { DispatchErrorCode, DispatchOutcome } from '../dispatch/dispatch.ts';
import { failure } from '../dispatch/dispatch-outcome.ts';
import type { Dispatcher } from '../dispatcher.ts';
import { fileTools } from './file-tools.ts';
import type { NodeTool } from './node-tool.ts';
import { runCommand } from './run-command.ts';
import { argumentSchema, checkArguments } from './tool-arguments.ts';

export interface NodeToolsOptions {
  database: Database;
  dispatcher: Dispatcher;
  /** How long a tool may run unless its call says otherwise. */
  timeoutMs: number;
  /** The longest that a call may ask for. */
  maxTimeoutMs: number;
}

/** A tool call as the model asked for it. */
export interface NodeToolRequest {
  sessionId: number;
  name: string;
  args: object;
}

type OnOutput = (text: string) => Promise<void>;

/** The tools of a session: those that the nodes attached to it can run. A `ToolRunner` of `chat`. */
export class NodeTools {
  readonly #options: NodeToolsOptions;
  readonly #tools: readonly NodeTool[];

  constructor(options: NodeToolsOptions) {
    this.#options = options;
    this.#tools = [runCommand(options.maxTimeoutMs), ...fileTools];
  }

  /** Each tool that some node can run. A session that denies commands and changes is offered the others. */
  async offer(sessionId: number) {
    const session = await this.#options.database.session.findUnique({
      where: { id: sessionId },
      select: { toolApproval: true, nodes: attachedNodes },
    });
    if (session === null) return [];
    const nodes = session.nodes.map(({ node }) => node);
    return this.#tools
      .filter(({ needsApproval }) => !needsApproval || session.toolApproval !== 'DENY')
      .map((tool) => ({ tool, able: nodesWith(tool, nodes) }))
      .filter(({ able }) => able.length > 0)
      .map(({ tool, able }) => ({
        type: 'function' as const,
        name: tool.name,
        description: tool.description,
        inputSchema: argumentSchema(tool, able),
      }));
  }

  /** Checks a call and finds the node that it is for. Nothing runs yet. */
  async plan({ sessionId, name, args: given }: NodeToolRequest) {
    const nodes = await this.#nodesOf(sessionId);
    const tool = this.#tools.find((known) => known.name === name);
    const able = tool ? nodesWith(tool, nodes) : [];
    if (tool === undefined || able.length === 0) return refused('UNKNOWN_TOOL', this.#unknown(name, nodes));
    const checked = checkArguments(tool, able, given);
    if (!checked.ok) return refused('BAD_ARGUMENTS', checked.complaint);
    const { nodeId, args, timeoutMs = this.#options.timeoutMs } = checked;
    const node = able.find((one) => one.nodeId === nodeId) as AgentNode;
    const offline = this.#options.dispatcher.whyOffline(node);
    if (offline !== undefined) return { ...refused('NODE_OFFLINE', offline), nodeId };
    const dispatchId = randomUUID();
    const request = { dispatchId, sessionId, tool: name, args, timeoutMs };
    return {
      ok: true as const,
      nodeId,
      dispatchId,
      needsApproval: tool.needsApproval,
      run: (onOutput: OnOutput, signal: AbortSignal) => this.#run(node, { ...request, onOutput }, signal),
    };
  }

  /** Minutes may have passed, if somebody had to decide: the node may have been taken away. */
  async #run(
    node: AgentNode,
    request: Parameters<Dispatcher['dispatch']>[1],
    signal: AbortSignal,
  ): Promise<DispatchOutcome> {
    const { dispatcher } = this.#options;
    const { sessionId } = request;
    if (!(await this.#isAttached(node, sessionId))) {
      const gone = `The node "${node.nodeId}" is not attached to the session any more. Nothing was started.`;
      return failure('NODE_OFFLINE', gone);
    }
    const outcome = dispatcher.dispatch(node, request, signal);
    // Whoever detached it between the look and the start found nothing to cancel.
    const isAttached = await this.#isAttached(node, sessionId).catch(() => false);
    if (!isAttached) dispatcher.cancelSession(node.id, sessionId);
    return outcome;
  }

  async #isAttached(node: AgentNode, sessionId: number): Promise<boolean> {
    const where = { ...attachedNodes.where, sessionId, agentNodeId: node.id };
    return (await this.#options.database.sessionNode.count({ where })) > 0;
  }

  async #nodesOf(sessionId: number): Promise<AgentNode[]> {
    const { where, ...rest } = attachedNodes;
    const attached = await this.#options.database.sessionNode.findMany({
      where: { ...where, sessionId },
      ...rest,
    });
    return attached.map(({ node }) => node);
  }

  #unknown(name: string, nodes: AgentNode[]): string {
    const known = this.#tools.filter((tool) => nodesWith(tool, nodes).length > 0);
    const names = known.map((tool) => tool.name).join(', ') || 'none';
    return `There is no tool named "${name}". Tools there are: ${names}.`;
  }
}

/** Those that are switched off are not there. */
const attachedNodes = {
  where: { node: { isActive: true } },
  include: { node: true },
  orderBy: [{ attachedAt: 'asc' as const }, { agentNodeId: 'asc' as const }],
};

function nodesWith<Node extends AgentNode>({ name }: NodeTool, nodes: readonly Node[]): Node[] {
  return nodes.filter(({ capabilities }) => (capabilities as string[]).includes(name));
}

/** What the model is told of a call that cannot run. */
function refused(errorCode: DispatchErrorCode | 'UNKNOWN_TOOL', result: string) {
  return { ok: false as const, errorCode, result };
}
