import { useEffect, useRef } from 'preact/hooks';
import type { NodeStateFragment } from '../../gql/console/graphql.ts';
import { Alert } from '../controls/alert.tsx';
import { Checkbox } from '../controls/checkbox.tsx';
import type { Room } from '../state/session.ts';
import { useApp } from './app-context.ts';
import { useAttempt } from './use-attempt.ts';

/** The nodes of a session, and those that could be. */
export function NodePicker({ room }: { room: Room }) {
  const { nodes } = useApp();
  const { problem, attempt } = useAttempt();
  const details = useRef<HTMLDetailsElement>(null);
  useDismissal(details);
  const attached = attachedTo(room);
  const known = nodes.nodes.value ?? [];
  // Another user's nodes can be attached too, by an admin.
  const others = attached.flatMap(({ nodeId, node }) =>
    node && known.every((each) => each.nodeId !== nodeId) ? [node] : [],
  );
  const live = new Map(attached.map(({ nodeId, node }) => [nodeId, node?.connection]));
  return (
    <details class="popup nodes" ref={details} onToggle={() => details.current?.open && void nodes.reload()}>
      <summary aria-label={`Nodes: ${attached.length} attached`}>
        {attached.slice(0, 3).map(({ nodeId, node }) => (
          <Dot key={nodeId} connection={node?.connection} />
        ))}
        {attached.length === 0
          ? 'No nodes'
          : attached.length === 1
            ? attached[0]?.nodeId
            : `${attached.length} nodes`}
      </summary>
      <div class="panel">
        <h2>Nodes that run the tools of this session</h2>
        <ul>
          {[...others, ...known].map((node) => {
            const connection = live.get(node.nodeId) ?? node.connection;
            return (
              <li key={node.nodeId}>
                <Checkbox
                  label={node.displayName}
                  isChecked={live.has(node.nodeId)}
                  check={(isChecked) => attempt(() => choose(room, node.nodeId, isChecked))}
                />
                <span class="connection-name">
                  <Dot connection={connection} /> {wordsFor(node, connection)}
                </span>
              </li>
            );
          })}
        </ul>
        {nodes.nodes.value?.length === 0 && others.length === 0 && (
          <p class="hint">
            There are none yet. Register one with <code>registerNode</code> and start its agent with{' '}
            <code>switchyard agent</code>.
          </p>
        )}
        <Alert problem={problem ?? nodes.problem.value} />
      </div>
    </details>
  );
}

function Dot({ connection }: { connection: NodeStateFragment['connection'] | undefined }) {
  return <span class={`dot ${(connection ?? 'OFFLINE').toLowerCase()}`} aria-hidden="true" />;
}

function wordsFor(node: NodeStateFragment, connection: NodeStateFragment['connection']): string {
  if (!node.isActive) return 'Switched off';
  if (!node.isRegistered) return 'Not registered';
  return { ONLINE: 'Online', BUSY: 'Busy', OFFLINE: 'Offline' }[connection];
}

function attachedTo(room: Room): { nodeId: string; node?: NodeStateFragment }[] {
  if (room.kind === 'new') return (room.input.value.nodeIds ?? []).map((nodeId) => ({ nodeId }));
  return (room.conversation.session.value?.nodes ?? []).map(({ node, connection }) => ({
    nodeId: node.nodeId,
    node: { ...node, connection },
  }));
}

async function choose(room: Room, nodeId: string, isChosen: boolean): Promise<void> {
  if (room.kind === 'session') return isChosen ? room.attach(nodeId) : room.detach(nodeId);
  const others = (room.input.value.nodeIds ?? []).filter((each) => each !== nodeId);
  room.input.value = { ...room.input.value, nodeIds: isChosen ? [...others, nodeId] : others };
}

/** Closes a popup with Escape, and when something else is clicked. */
function useDismissal(details: { readonly current: HTMLDetailsElement | null }): void {
  useEffect(() => {
    const dismiss = (event: Event) => {
      const { current } = details;
      if (!current?.open) return;
      const isEscape = event instanceof KeyboardEvent && event.key === 'Escape';
      const isOutside = event.type === 'pointerdown' && !current.contains(event.target as Node);
      if (!isEscape && !isOutside) return;
      current.open = false;
      if (isEscape) current.querySelector('summary')?.focus();
    };
    document.addEventListener('keydown', dismiss);
    document.addEventListener('pointerdown', dismiss);
    return () => {
      document.removeEventListener('keydown', dismiss);
      document.removeEventListener('pointerdown', dismiss);
    };
  }, []);
}
