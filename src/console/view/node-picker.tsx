import { useEffect, useRef, useState } from 'preact/hooks';
import type { NodeStateFragment, ToolApproval } from '../../gql/console/graphql.ts';
import { Alert } from '../controls/alert.tsx';
import { Checkbox } from '../controls/checkbox.tsx';
import type { Session } from '../state/session.ts';
import { useApp } from './app-context.ts';
import { GrantList } from './grant-list.tsx';
import { RegisterNode } from './register-node.tsx';
import { syncTextOf } from './sync-text.ts';
import { useAttempt } from './use-attempt.ts';
import { useDismiss } from './use-dismiss.ts';

/** How often an open list looks whether nodes have connected that are not attached, in milliseconds. */
const lookMs = 3_000;

/** Attaches nodes to a session and detaches them. While it is open, it shows each change of the nodes. */
export function NodePicker({ session }: { session: Session }) {
  const { nodeList } = useApp();
  const details = useRef<HTMLDetailsElement>(null);
  const [isOpen, setOpen] = useState(false);
  const [isRegistering, setRegistering] = useState(false);
  useDismiss(details);
  useEffect(() => {
    if (!isOpen) return;
    void nodeList.reload();
    const timer = setInterval(() => document.hidden || void nodeList.reload(), lookMs);
    return () => clearInterval(timer);
  }, [isOpen]);
  const attached = attachedTo(session);
  const count = attached.length === 0 ? 'No nodes' : `${attached.length} nodes`;
  return (
    <>
      <details class="popup" ref={details} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary title="The nodes that run tools, and the approvals that hold for later calls">
          {attached.slice(0, 3).map(({ nodeId, node }) => (
            <Dot key={nodeId} connection={node?.connection} />
          ))}
          {attached.length === 1 && <span class="unseen">Node: </span>}
          <span class="cut">{attached.length === 1 ? attached[0]?.nodeId : count}</span>
        </summary>
        <NodeChoices session={session} attached={attached} register={() => setRegistering(true)} />
      </details>
      {isRegistering && <RegisterNode onClose={() => setRegistering(false)} />}
    </>
  );
}

interface NodeChoicesProps {
  session: Session;
  attached: readonly AttachedNode[];
  /** Called when the user wants to register another node. */
  register(): void;
}

function NodeChoices({ session, attached, register }: NodeChoicesProps) {
  const { nodeList } = useApp();
  const { problem, attempt } = useAttempt();
  const own = nodeList.nodes.value ?? [];
  // The list has only the user's own nodes. An admin may have attached nodes of other users.
  const others = attached.flatMap(({ nodeId, node }) =>
    node && own.every((each) => each.nodeId !== nodeId) ? [node] : [],
  );
  const links = new Map(attached.map((each) => [each.nodeId, each]));
  return (
    <div class="panel">
      <h2>Nodes that run the tools of this session</h2>
      <ul>
        {[...others, ...own].map((node) => {
          const link = links.get(node.nodeId);
          const connection = link?.node?.connection ?? node.connection;
          return (
            <li key={node.nodeId}>
              <Checkbox
                label={node.displayName}
                isChecked={link !== undefined}
                check={(isChecked) => attempt(() => setAttached(session, node.nodeId, isChecked))}
              />
              <span class="connection-name">
                <Dot connection={connection} />{' '}
                {[labelOf(node, connection), link?.syncText].filter(Boolean).join(' · ')}
              </span>
            </li>
          );
        })}
      </ul>
      {nodeList.nodes.value?.length === 0 && others.length === 0 && (
        <p class="hint">
          No nodes yet. A node is a machine on which the model can run commands and read and change files.
        </p>
      )}
      <button type="button" class="quiet small aligned" onClick={register}>
        Register a node…
      </button>
      {toolApprovalOf(session) === 'AUTO' && (
        <p class="warning">
          This session runs tools without asking: its model can run commands and change files on these nodes.
        </p>
      )}
      {session.kind === 'stored' && <GrantList session={session} />}
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
  /** How far it is with the files; undefined where none are shared. */
  syncText?: string | undefined;
}

function attachedTo(session: Session): AttachedNode[] {
  if (session.kind === 'new') return (session.input.value.nodeIds ?? []).map((nodeId) => ({ nodeId }));
  const { nodes = [], workspace } = session.state.value ?? {};
  return nodes.map((attached) => ({
    nodeId: attached.node.nodeId,
    node: { ...attached.node, connection: attached.connection },
    syncText: workspace?.isShared ? syncTextOf(attached) : undefined,
  }));
}

async function setAttached(session: Session, nodeId: string, isAttached: boolean): Promise<void> {
  if (session.kind === 'stored') return isAttached ? session.attach(nodeId) : session.detach(nodeId);
  const others = (session.input.value.nodeIds ?? []).filter((each) => each !== nodeId);
  session.input.value = { ...session.input.value, nodeIds: isAttached ? [...others, nodeId] : others };
}
