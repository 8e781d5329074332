import type { AttachedNodeFragment, WorkspaceStateFragment } from '../../gql/console/graphql.ts';
import { byteText } from './byte-text.ts';
import { FileName } from './file-name.tsx';
import { partDoneOf, syncTextOf } from './sync-text.ts';

interface FilesStateProps {
  workspace: WorkspaceStateFragment;
  nodes: readonly AttachedNodeFragment[];
}

/** How many files there are, where they come from, and how far each node is with them. */
export function FilesState({ workspace, nodes }: FilesStateProps) {
  const { fileCount, totalBytes } = workspace;
  const count = fileCount === 1 ? '1 file' : `${fileCount.toLocaleString()} files`;
  return (
    <>
      <p class="hint">
        {count}, {byteText(totalBytes)}. <Source workspace={workspace} />
      </p>
      <ul class="files-nodes" aria-label="Nodes with these files">
        {nodes.map((node) => (
          <NodeState key={node.node.nodeId} node={node} />
        ))}
      </ul>
    </>
  );
}

function Source({ workspace: { source, path, sourceNodeId } }: Pick<FilesStateProps, 'workspace'>) {
  if (source === 'NODE_LOCAL') {
    return (
      <>
        They come from {path ? 'the folder ' : 'the folder of the agent'}
        {path && <FileName text={path} />} on the node <FileName text={sourceNodeId ?? ''} />.
      </>
    );
  }
  if (source === 'SERVER' && path) {
    return (
      <>
        They come from the folder <FileName text={path} /> of the gateway.
      </>
    );
  }
  return source === 'SERVER' ? (
    <>The gateway has the copy that counts.</>
  ) : (
    <>The session began without files.</>
  );
}

function NodeState({ node }: { node: AttachedNodeFragment }) {
  const { connection } = node;
  const { nodeId, displayName } = node.node;
  const part = partDoneOf(node);
  const text = connection === 'OFFLINE' ? 'offline: gets the files when it connects' : syncTextOf(node);
  return (
    <li>
      <span class={`dot ${connection.toLowerCase()}`} aria-hidden="true" />
      <span class="cut" dir="auto">
        {displayName}
      </span>
      <span class={node.syncStatus === 'ERROR' ? 'warning' : 'hint'} dir="auto">
        {text}
      </span>
      {part !== undefined && <progress aria-label={`Files copied to ${nodeId}`} value={part} />}
    </li>
  );
}
