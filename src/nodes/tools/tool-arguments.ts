import { z } from 'zod';
import type { AgentNode } from '../../generated/prisma/client.ts';
import type { NodeTool } from './node-tool.ts';

/** A node as the model knows it. */
export type ToolNode = Pick<AgentNode, 'nodeId' | 'displayName' | 'description'>;

/** Arguments that passed the check, or what the model is told of those that did not. */
export type CheckedArguments =
  | { ok: true; nodeId: string; timeoutMs: number | undefined; args: Record<string, unknown> }
  | { ok: false; complaint: string };

/** Of a node, in characters, as the model is shown it. */
const longestDescription = 200;

/** The JSON Schema of a tool's arguments where these nodes can run it; there must be one. */
export function argumentSchema(tool: NodeTool, nodes: readonly ToolNode[]) {
  const { $schema: _, ...schema } = z.toJSONSchema(withNode(tool, nodes), { io: 'input' });
  return schema;
}

/** Checks what a model has written. A null stands for an optional argument that it did not want to leave out. */
export function checkArguments(tool: NodeTool, nodes: readonly ToolNode[], given: object): CheckedArguments {
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
  const parsed = withNode(tool, nodes).safeParse(present);
  if (!parsed.success) return { ok: false, complaint: complain(parsed.error.issues) };
  const data: Record<string, unknown> = parsed.data;
  const { node = nodes[0]?.nodeId, timeout_ms: timeoutMs, ...args } = data;
  return { ok: true, nodeId: String(node), timeoutMs: timeoutMs as number | undefined, args };
}

function withNode({ args }: NodeTool, nodes: readonly ToolNode[]) {
  const names = nodes.map(({ nodeId }) => nodeId);
  const node = z.enum(names, `expected one of ${names.join(', ')}`).describe(describeNodes(nodes));
  return z.strictObject({ ...args, node: names.length > 1 ? node : node.optional() });
}

function describeNodes(nodes: readonly ToolNode[]): string {
  const lines = nodes.map(({ nodeId, displayName, description }) => {
    const named = displayName === nodeId ? nodeId : `${nodeId} (${displayName})`;
    return description ? `${named}: ${shorten(description)}` : named;
  });
  return ['The node to run it on.', ...lines].join('\n');
}

/** Every tool says it again, in every call of the model. */
function shorten(description: string): string {
  const characters = [...description];
  if (characters.length <= longestDescription) return description;
  return `${characters.slice(0, longestDescription - 1).join('')}…`;
}

function complain(issues: readonly z.core.$ZodIssue[]): string {
  const lines = issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join('.')}: ${message}` : message,
  );
  return `The arguments are not what the tool expects. ${lines.join('. ')}.`;
}
