/** What rings after each change of the files of a session's workspace. */
export function topicOf(sessionId: number): string {
  return `workspace:${sessionId}`;
}

/** What rings when a node was attached to a session with a workspace, or detached. */
export function topicOfNode(agentNodeId: number): string {
  return `workspaces-of-node:${agentNodeId}`;
}
