import { type ChatVariables, chat, type SeenRunEvent } from './chat.ts';
import type { GatewayApi, GraphQLAnswer } from './gateway-api.ts';
import { type ScriptedGateway, startScriptedGateway } from './scripted-gateway.ts';
import { createTools } from './tool-double.ts';

const fields = 'callId status result errorCode stopped';
const approve = `mutation ($runId: ID!, $callId: ID!) {
  toolCall: approveToolCall(runId: $runId, callId: $callId) { ${fields} }
}`;
const deny = `mutation ($runId: ID!, $callId: ID!, $reason: String) {
  toolCall: denyToolCall(runId: $runId, callId: $callId, reason: $reason) { ${fields} }
}`;
const update = `mutation ($id: ID!, $toolApproval: ToolApproval!) {
  updateSession(id: $id, input: { toolApproval: $toolApproval }) { id }
}`;
const stored = `query ($id: ID!) { run(id: $id) {
  assistantMessage { toolCalls { ${fields} nodeId } }
} }`;

/** The ids of a tool call. A run event about the call has both. */
export interface Call {
  runId: string;
  callId?: string;
}

export function approveCall(gateway: GatewayApi, { runId, callId }: Call): Promise<GraphQLAnswer> {
  return gateway.graphql(approve, { runId, callId });
}

export function denyCall(gateway: GatewayApi, { runId, callId }: Call, reason?: string) {
  return gateway.graphql(deny, { runId, callId, reason });
}

const approveAs = `mutation ($runId: ID!, $callId: ID!, $args: JSON, $remember: RememberApproval!) {
  toolCall: approveToolCall(runId: $runId, callId: $callId, args: $args, remember: $remember) { ${fields} changedArgs nodeId }
}`;

/** Approves a call with other arguments, or for later calls too. */
export function approveCallAs(
  gateway: GatewayApi,
  { runId, callId }: Call,
  { args, remember = 'ONCE' }: { args?: unknown; remember?: 'ONCE' | 'EXACT' | 'TOOL' },
): Promise<GraphQLAnswer> {
  return gateway.graphql(approveAs, { runId, callId, args, remember });
}

export function setToolApproval(gateway: GatewayApi, id: string, toolApproval: 'AUTO' | 'ASK' | 'DENY') {
  return gateway.query(update, { id, toolApproval });
}

/** Reads to the end and calls `decide` for each approval that is requested. Returns all run events. */
export async function collectDeciding(
  seen: AsyncIterable<SeenRunEvent>,
  decide: (asked: SeenRunEvent) => unknown,
): Promise<SeenRunEvent[]> {
  const all: SeenRunEvent[] = [];
  for await (const event of seen) {
    all.push(event);
    if (event.__typename === 'ToolApprovalRequested') await decide(event);
  }
  return all;
}

/** The stored tool calls of a run. */
export async function toolCallsOf(gateway: GatewayApi, runId: string) {
  return (await gateway.query(stored, { id: runId })).run.assistantMessage.toolCalls;
}

/** One tool that reads, and one that writes and needs an approval; both on the node `laptop`. */
export function createGuardedTools() {
  return createTools(
    { read: () => 'what it says', write: () => 'written' },
    { needApproval: ['write'], nodeId: 'laptop' },
  );
}

export interface GuardedChat extends ScriptedGateway {
  tools: ReturnType<typeof createGuardedTools>;
  sessionId: string;
  /** Sends a prompt. Returns the run events as they come. */
  ask(more?: Partial<ChatVariables>): AsyncGenerator<SeenRunEvent>;
}

/** Starts a gateway with these tools, and a session with the default tool approval. */
export async function startGuardedChat(settings: Record<string, string> = {}): Promise<GuardedChat> {
  const tools = createGuardedTools();
  const gateway = await startScriptedGateway({ tools, settings });
  const sessionId = await gateway.createSession();
  return {
    ...gateway,
    tools,
    sessionId,
    ask: (more) => chat(gateway.client(), { sessionId, prompt: 'Go', ...more }),
  };
}
