import { randomUUID } from 'node:crypto';
import type { AgentNode } from '../../generated/prisma/client.ts';
import type { ToolApproval } from '../../generated/prisma/enums.ts';
import { attachedNode, attachedNodes, toolSession } from '../../storage/statements/attached-nodes.ts';
import type { Reader } from '../../storage/statements/statement.ts';
import { isReadingTool } from '../../sync/file-tools/reading-tools.ts';
import type { FileCopy } from '../../tools/file-copy.ts';
import type {
  PlannedCall,
  RefusedCall,
  StoredCall,
  ToolErrorCode,
  ToolOutcome,
  ToolPlan,
  ToolRequest,
  ToolRunner,
} from '../../tools/tool-runner.ts';
import type { TraceContext, Traces } from '../../traces/traces.ts';
import type { DispatchRequest } from '../dispatch/dispatch.ts';
import { failure, unknownEnd } from '../dispatch/dispatch-outcome.ts';
import { detached } from '../dispatcher.ts';
import type { NodeDispatcher } from '../node-dispatcher.ts';
import { fileTools } from './file-tools.ts';
import type { NodeTool } from './node-tool.ts';
import { runCommand } from './run-command.ts';
import { argumentSchema, checkArguments } from './tool-arguments.ts';

interface NodeToolsOptions {
  statements: Reader;
  dispatcher: NodeDispatcher;
  copy: FileCopy;
  /** Undefined for a gateway that makes no traces. */
  traces?: Pick<Traces, 'current'> | undefined;
  /** The limit of a result in bytes of UTF-8. */
  maxOutputBytes: number;
  /** Milliseconds that a tool may run, unless its call asks for another time. */
  timeoutMs: number;
  /** The longest time that a call may ask for. */
  maxTimeoutMs: number;
}

/** What a session says about its tools, and the nodes on which they run. */
interface SessionTools {
  toolApproval: ToolApproval;
  workspaceId: string | null;
  nodes: AgentNode[];
}

type OnOutput = (text: string) => Promise<void>;

/** Runs a session's tools on the nodes that are attached to it. */
export class NodeTools implements ToolRunner {
  readonly #options: NodeToolsOptions;
  readonly #tools: readonly NodeTool[];
  /**
   * Settles when the check before the newest dispatch has an answer. A database server may answer a later question
   * first, and the calls of a step begin in the order in which the model made them.
   */
  #checked: Promise<unknown> = Promise.resolve();

  constructor(options: NodeToolsOptions) {
    this.#options = options;
    this.#tools = [runCommand(options.maxTimeoutMs), ...fileTools];
  }

  get names() {
    return this.#tools.map(({ name }) => name);
  }

  /**
   * Returns each tool that an attached node can run. If the session's `toolApproval` is DENY, only tools that need no
   * approval are returned.
   */
  async offer(sessionId: number) {
    const { toolApproval, nodes } = await this.#find(sessionId);
    return this.#tools
      .filter(({ needsApproval }) => !needsApproval || toolApproval !== 'DENY')
      .map((tool) => ({ tool, able: nodesWith(tool, nodes) }))
      .filter(({ able }) => able.length > 0)
      .map(({ tool, able }) => ({
        type: 'function' as const,
        name: tool.name,
        description: tool.description,
        inputSchema: argumentSchema(tool, able),
      }));
  }

  /** If a person will be asked to approve the call, the node is asked first whether it would refuse it. */
  async plan({ sessionId, name, args: given }: ToolRequest, signal: AbortSignal): Promise<ToolPlan> {
    const { toolApproval, workspaceId, nodes } = await this.#find(sessionId);
    const tool = this.#tools.find((known) => known.name === name);
    const able = tool ? nodesWith(tool, nodes) : [];
    if (tool === undefined || able.length === 0) return refused('UNKNOWN_TOOL', this.#unknown(name, nodes));
    const checked = checkArguments(tool, able, given);
    if (!checked.ok) return refused('BAD_ARGUMENTS', checked.complaint);
    const { nodeId, args, timeoutMs = this.#options.timeoutMs } = checked;
    const node = able.find((one) => one.nodeId === nodeId) as AgentNode;
    const offline = await this.#options.dispatcher.whyOffline(node);
    if (offline !== undefined) return { ...refused('NODE_OFFLINE', offline), nodeId, agentNodeId: node.id };
    const dispatchId = randomUUID();
    if (tool.needsApproval && toolApproval === 'ASK') {
      const refusal = await this.#options.dispatcher.check(
        node,
        { dispatchId, workspaceId, tool: name, args },
        signal,
      );
      if (refusal) return { ...refusedAs(refusal), nodeId, agentNodeId: node.id };
    }
    const request = { dispatchId, sessionId, toolApproval, workspaceId, tool: name, args, timeoutMs };
    return this.#planned(node, request, tool.needsApproval);
  }

  /** The node of the call stays the one that was chosen first. */
  async resume(call: StoredCall): Promise<ToolPlan> {
    const { sessionId, name, args: given, agentNodeId, dispatchId, isStarted, instanceId } = call;
    const { toolApproval, workspaceId, nodes } = await this.#find(sessionId);
    const node = nodes.find(({ id }) => id === agentNodeId);
    const tool = this.#tools.find((known) => known.name === name);
    const checked = node && tool && checkArguments(tool, [node], given);
    if (!node || !tool || !checked?.ok || dispatchId === null) {
      const end = isStarted ? unknownEnd : 'Nothing was started.';
      return refused('NODE_OFFLINE', `The node of this call is not attached to the session any more. ${end}`);
    }
    const { args, timeoutMs = this.#options.timeoutMs } = checked;
    // A process whose id is not known, because it was not connected then, can only be known by what it has.
    const resumed = isStarted ? { instanceId: instanceId ?? '', isAcknowledged: false } : undefined;
    const request = {
      dispatchId,
      sessionId,
      toolApproval,
      workspaceId,
      tool: name,
      args,
      timeoutMs,
      resumed,
    };
    return this.#planned(node, request, tool.needsApproval);
  }

  #planned(node: AgentNode, request: Omit<DispatchRequest, 'onOutput'>, needsApproval: boolean): PlannedCall {
    let onStored = () => {};
    const stored = new Promise<void>((resolve) => {
      onStored = resolve;
    });
    const onReported = () => stored;
    return {
      ok: true,
      nodeId: node.nodeId,
      agentNodeId: node.id,
      dispatchId: request.dispatchId,
      instanceId: () => this.#options.dispatcher.instanceOf(node),
      isStarted: request.resumed !== undefined,
      needsApproval,
      untilLost: (over: AbortSignal) => this.#untilLost(node, request, over),
      run: (onOutput: OnOutput, signal: AbortSignal) =>
        this.#run(node, { ...request, ...this.#traceContext(), onOutput, onReported }, signal),
      onStored,
    };
  }

  /** With it, the agent goes on with the trace of the call. */
  #traceContext(): TraceContext | undefined {
    return this.#options.traces?.current?.context;
  }

  /** Watches first and checks then: the node may be lost or detached since `plan`. */
  async #untilLost(
    node: AgentNode,
    { dispatchId, sessionId, workspaceId, tool, args }: Omit<DispatchRequest, 'onOutput'>,
    over: AbortSignal,
  ): Promise<RefusedCall> {
    const { dispatcher } = this.#options;
    const lost = dispatcher.watch(node, { dispatchId, sessionId, workspaceId, tool, args }, over);
    const offline = await dispatcher.whyOffline(node);
    if (offline !== undefined) return refused('NODE_OFFLINE', offline);
    if (!(await this.#isAttached(node, sessionId)))
      return refused('NODE_OFFLINE', `${detached(node.nodeId)} Nothing was started.`);
    return refusedAs(await lost);
  }

  async #run(node: AgentNode, request: DispatchRequest, signal: AbortSignal): Promise<ToolOutcome> {
    const { copy } = this.#options;
    const { sessionId, dispatchId, workspaceId, tool } = request;
    if (workspaceId === null || isReadingTool(tool)) return await this.#dispatch(node, request, signal);
    const call = { sessionId, agentNodeId: node.id, dispatchId };
    let outcome: ToolOutcome | undefined;
    try {
      outcome = await this.#dispatch(node, request, signal, copy.begin(call));
      return outcome;
    } finally {
      await copy.end(call, outcome?.filesSynced === true);
    }
  }

  /**
   * Checks again that the node is attached: waiting for an approval can take minutes after `plan`.
   *
   * @param begun What has to be done before the call is sent.
   */
  async #dispatch(
    node: AgentNode,
    request: DispatchRequest,
    signal: AbortSignal,
    begun: Promise<void> = Promise.resolve(),
  ): Promise<ToolOutcome> {
    const { dispatcher } = this.#options;
    const { sessionId } = request;
    const isAttached = begun.then(() => this.#isAttached(node, sessionId));
    const before = this.#checked;
    this.#checked = Promise.allSettled([before, isAttached]);
    await before;
    if (!(await isAttached)) {
      const end = request.resumed ? unknownEnd : 'Nothing was started.';
      return failure('NODE_OFFLINE', `${detached(node.nodeId)} ${end}`);
    }
    const answer = signal.aborted ? undefined : await this.#answer(node, request);
    if (answer !== undefined) return answer;
    const outcome = dispatcher.dispatch(node, request, signal);
    // If the node was detached between the check and the start, detaching found no dispatch to cancel.
    const stillAttached = await this.#isAttached(node, sessionId).catch(() => false);
    if (!stillAttached) dispatcher.cancelSession(node.id, sessionId);
    return outcome;
  }

  /** Answers a call from the gateway's copy of the files, without the node, if that is the same. */
  async #answer(node: AgentNode, request: DispatchRequest): Promise<ToolOutcome | undefined> {
    const { copy, maxOutputBytes } = this.#options;
    const { sessionId, workspaceId, tool, args } = request;
    if (workspaceId === null || !isReadingTool(tool)) return undefined;
    return await copy.answer({ sessionId, agentNodeId: node.id, tool, args, maxOutputBytes });
  }

  async #isAttached(node: AgentNode, sessionId: number): Promise<boolean> {
    return (await this.#options.statements.get(attachedNode, [sessionId, node.id])) !== undefined;
  }

  /** A session that was deleted has no nodes. */
  async #find(sessionId: number): Promise<SessionTools> {
    const { statements } = this.#options;
    const session = await statements.get(toolSession, [sessionId]);
    const nodes = await statements.all(attachedNodes, [sessionId]);
    return { toolApproval: 'DENY', workspaceId: null, ...session, nodes };
  }

  #unknown(name: string, nodes: AgentNode[]): string {
    const known = this.#tools.filter((tool) => nodesWith(tool, nodes).length > 0);
    const names = known.map((tool) => tool.name).join(', ') || 'none';
    return `There is no tool named "${name}". The tools are: ${names}.`;
  }
}

function nodesWith<Node extends AgentNode>({ name }: NodeTool, nodes: readonly Node[]): Node[] {
  return nodes.filter(({ capabilities }) => (capabilities as string[]).includes(name));
}

function refusedAs({ errorCode = 'FAILED', result }: ToolOutcome) {
  return refused(errorCode, result);
}

/** @param result What the model is told about a call that cannot run. */
function refused(errorCode: ToolErrorCode, result: string) {
  return { ok: false as const, errorCode, result };
}
