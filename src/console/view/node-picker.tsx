import { useRef } from 'preact/hooks';
import type { NodeStateFragment, ToolApproval } from '../../gql/console/graphql.ts';
import { Alert } from '../controls/alert.tsx';
import { Checkbox } from '../controls/checkbox.tsx';
import type { Session } from '../state/session.ts';
import { useApp } from './app-context.ts';
import { useAttempt } from './use-attempt.ts';
import { useDismiss } from './use-dismiss.ts';

/** Attaches nodes to a session and detaches them. */
export function NodePicker({ session }: { session: Session }) {
  const { nodeList } = useApp();
  const details = useRef<HTMLDetailsElement>(null);
  useDismiss(details);
  const attached = attachedTo(session);
  const count = attached.length === 0 ? 'No nodes' : `${attached.length} nodes`;
  return (
    <details
      class="popup nodes"
      ref={details}
      onToggle={() => details.current?.open && void nodeList.reload()}
    >
      <summary aria-label={`Nodes: ${attached.length} attached`}>
        {attached.slice(0, 3).map(({ nodeId, node }) => (
          <Dot key={nodeId} connection={node?.connection} />
        ))}
        {attached.length === 1 ? attached[0]?.nodeId : count}
      </summary>
      <NodeChoices session={session} attached={attached} />
    </details>
  );
}

function NodeChoices({ session, attached }: { session: Session; attached: readonly AttachedNode[] }) {
  const { nodeList } = useApp();
  const { problem, attempt } = useAttempt();
  const own = nodeList.nodes.value ?? [];
  // The list has only the user's own nodes. An admin may have attached nodes of other users.
  const others = attached.flatMap(({ nodeId, node }) =>
    node && own.every((each) => each.nodeId !== nodeId) ? [node] : [],
  );
  const connections = new Map(attached.map(({ nodeId, node }) => [nodeId, node?.connection]));
  return (
    <div class="panel">
      <h2>Nodes that run the tools of this session</h2>
      <ul>
        {[...others, ...own].map((node) => {
          const connection = connections.get(node.nodeId) ?? node.connection;
          return (
            <li key={node.nodeId}>
              <Checkbox
                label={node.displayName}
                isChecked={connections.has(node.nodeId)}
                check={(isChecked) => attempt(() => setAttached(session, node.nodeId, isChecked))}
              />
              <span class="connection-name">
                <Dot connection={connection} /> {labelOf(node, connection)}
              </span>
            </li>
          );
        })}
      </ul>
      {nodeList.nodes.value?.length === 0 && others.length === 0 && (
        <p class="hint">
          No nodes yet. Register a node with the mutation <code>registerNode</code> and start its agent with{' '}
          <code>switchyard agent</code>.
        </p>
      )}
      {toolApprovalOf(session) === 'AUTO' && (
        <p class="warning">
          This session runs tools without asking: its model can run commands and change files on these nodes.
        </p>
      )}
      <Alert problem={problem ?? nodeList.problem.value} />
    </div>
  );
}

function Dot({ connection }: { connection: NodeStateFragment['connection'] | undefined }) {
  return <span class={`dot ${(connection ?? 'OFFLINE').toLowerCase()}`} aria-hidden="true" />;
}

function labelOf(node: NodeStateFragment, connection: NodeStateFragment['connection']): string {
  if (!node.isActive) return 'Deactivated';
  if (!node.isRegistered) return 'Not registered';
  return { ONLINE: 'Online', BUSY: 'Busy', OFFLINE: 'Offline' }[connection];
}

function toolApprovalOf(session: Session): ToolApproval | null | undefined {
  return session.kind === 'new' ? session.input.value.toolApproval : session.state.value?.toolApproval;
}

interface AttachedNode {
  nodeId: string;
  /** Undefined for a new session, whose nodes are only known by their ids. */
  node?: NodeStateFragment;
}

function attachedTo(session: Session): AttachedNode[] {
  if (session.kind === 'new') return (session.input.value.nodeIds ?? []).map((nodeId) => ({ nodeId }));
  return (session.state.value?.nodes ?? []).map(({ node, connection }) => ({
    nodeId: node.nodeId,
    node: { ...node, connection },
  }));
}

async function setAttached(session: Session, nodeId: string, isAttached: boolean): Promise<void> {
  if (session.kind === 'stored') return isAttached ? session.attach(nodeId) : session.detach(nodeId);
  const others = (session.input.value.nodeIds ?? []).filter((each) => each !== nodeId);
  session.input.value = { ...session.input.value, nodeIds: isAttached ? [...others, nodeId] : others };
}
