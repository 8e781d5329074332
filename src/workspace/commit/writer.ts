import type { WorkspaceState } from '../../storage/statements/workspace-files.ts';

/** Who changes files: the agent of a node, a client of the gateway, or the gateway's own folder that is the source. */
export type Writer = { kind: 'node'; agentNodeId: number; nodeId: string } | { kind: 'client' | 'folder' };

/** The name that files of a writer get as their `nodeId`. */
export function nodeOf(writer: Writer): string | null {
  return writer.kind === 'node' ? writer.nodeId : null;
}

/** Whether the writer has the source of truth: where two sides have changed a file, its version wins. */
export function hasTruth(
  writer: Writer,
  { source, sourceNodeId }: Pick<WorkspaceState, 'source' | 'sourceNodeId'>,
): boolean {
  if (writer.kind === 'node') return source === 'NODE_LOCAL' && writer.nodeId === sourceNodeId;
  return writer.kind === 'folder' && source === 'SERVER';
}
