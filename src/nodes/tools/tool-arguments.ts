import type { JSONSchema7 } from '@ai-sdk/provider';
import { z } from 'zod';
import { shorten } from '../../base/cut-text.ts';
import { roundLongIntegers } from '../../base/long-integers.ts';
import type { AgentNode } from '../../generated/prisma/client.ts';
import type { NodeTool } from './node-tool.ts';

/** The fields of a node that are described to the model. */
type ToolNode = Pick<AgentNode, 'nodeId' | 'displayName' | 'description'>;

/** Valid arguments, or a complaint for the model. */
type CheckedArguments =
  | { ok: true; nodeId: string; timeoutMs: number | undefined; args: Record<string, unknown> }
  | { ok: false; complaint: string };

/** Characters of a node's description that the model is shown. */
const longestDescription = 200;

/** Returns the JSON Schema of a tool's arguments. `nodes` are those that can run the tool: at least one. */
export function argumentSchema(tool: NodeTool, nodes: readonly ToolNode[]): JSONSchema7 {
  const { $schema: _, ...schema } = z.toJSONSchema(withNode(tool, nodes), { io: 'input' });
  // Zod's type also has what older drafts allow.
  return schema as JSONSchema7;
}

/** Checks arguments that a model has written. Null counts as left out, because some models write every argument. */
export function checkArguments(tool: NodeTool, nodes: readonly ToolNode[], given: object): CheckedArguments {
  // No tool of ours takes an integer beyond 2^53, so such an integer meets the limit of its argument.
  const rounded = roundLongIntegers(given) as object;
  const present = Object.fromEntries(Object.entries(rounded).filter(([, value]) => value !== null));
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
    return description ? `${named}: ${shorten(description, longestDescription)}` : named;
  });
  return ['The node to run it on.', ...lines].join('\n');
}

function complain(issues: readonly z.core.$ZodIssue[]): string {
  const lines = issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join('.')}: ${message}` : message,
  );
  return `The arguments are not what the tool expects. ${lines.join('. ')}.`;
}
