import { useState } from 'preact/hooks';
import type { WorkspaceInput } from '../../gql/console/graphql.ts';
import { Alert } from '../controls/alert.tsx';
import type { StoredSession } from '../state/session.ts';
import { useAttempt } from './use-attempt.ts';

type Source = WorkspaceInput['source'];

const sources: Record<Source, string> = {
  EMPTY: 'Begin without files',
  NODE_LOCAL: 'Share a folder of a node',
  SERVER: 'Share a folder of the gateway',
};

/** A form that begins to share files. */
export function FilesSource({ session }: { session: StoredSession }) {
  const nodes = session.state.value?.nodes ?? [];
  const { isBusy, problem, attempt } = useAttempt();
  const [source, setSource] = useState<Source>('EMPTY');
  const [path, setPath] = useState('');
  const [chosen, choose] = useState<string>();
  if (nodes.length === 0) {
    return (
      <p>
        The nodes of a session can share files: each has the same ones, and so has the gateway. Attach a node
        first.
      </p>
    );
  }
  const sourceNodeId = chosen ?? nodes[0]?.node.nodeId ?? '';
  const share = (event: Event) => {
    event.preventDefault();
    const ofNode = source === 'NODE_LOCAL' && { sourceNodeId };
    const inFolder = source !== 'EMPTY' && path.trim() !== '' && { path: path.trim() };
    void attempt(() => session.shareFiles({ source, ...ofNode, ...inFolder }));
  };
  return (
    <form class="files-source" onSubmit={share}>
      <p>
        The nodes of this session share no files yet. When they do, each of them and the gateway have the same
        files, and the tools of the session work with these.
      </p>
      <fieldset>
        <legend>Where do the files come from?</legend>
        {Object.entries(sources).map(([value, label]) => (
          <label key={value}>
            <input
              type="radio"
              name="files-source"
              checked={source === value}
              onChange={() => setSource(value as Source)}
            />
            {label}
          </label>
        ))}
      </fieldset>
      {source === 'NODE_LOCAL' && (
        <label>
          Node
          <select value={sourceNodeId} onChange={({ currentTarget }) => choose(currentTarget.value)}>
            {nodes.map(({ node }) => (
              <option key={node.nodeId} value={node.nodeId}>
                {node.displayName}
              </option>
            ))}
          </select>
        </label>
      )}
      {source !== 'EMPTY' && (
        <label>
          {source === 'SERVER'
            ? 'Folder of the gateway'
            : 'Folder, or nothing for the whole folder of the agent'}
          <input
            autoComplete="off"
            spellcheck={false}
            maxLength={4_096}
            required={source === 'SERVER'}
            value={path}
            onInput={({ currentTarget }) => setPath(currentTarget.value)}
          />
        </label>
      )}
      <Alert problem={problem} />
      <div class="actions">
        <button type="submit" class="primary" disabled={isBusy}>
          Share files
        </button>
      </div>
    </form>
  );
}
