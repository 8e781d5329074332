import { useState } from 'preact/hooks';
import { RegisterNodeDocument } from '../../gql/console/graphql.ts';
import { Alert } from '../controls/alert.tsx';
import { CopyButton } from '../controls/copy-button.tsx';
import { useApp } from './app-context.ts';
import { useAttempt } from './use-attempt.ts';
import { useModal } from './use-modal.ts';

/** A dialog that registers a node, and shows the command that starts its agent. */
export function RegisterNode({ onClose }: { onClose(): void }) {
  const { ask, nodeList } = useApp();
  const { isBusy, problem, attempt } = useAttempt();
  const [nodeId, setNodeId] = useState('');
  const [token, setToken] = useState<string>();
  const { dialog, close } = useModal();
  const register = (event: Event) => {
    event.preventDefault();
    void attempt(async () => {
      const input = { nodeId: nodeId.trim() };
      setToken((await ask(RegisterNodeDocument, { input })).registerNode.token);
      await nodeList.reload();
    });
  };
  return (
    <dialog ref={dialog} class="register-node" onClose={onClose} aria-labelledby="register-title">
      <h2 id="register-title">Register a node</h2>
      {token === undefined ? (
        <form onSubmit={register}>
          <p>
            A node is a machine on which the model can run commands and read and change files, in one folder.
          </p>
          <label for="node-name">Name of the node</label>
          <input
            id="node-name"
            autoComplete="off"
            spellcheck={false}
            required
            maxLength={255}
            placeholder="laptop"
            value={nodeId}
            onInput={({ currentTarget }) => setNodeId(currentTarget.value)}
          />
          <Alert problem={problem} />
          <div class="actions">
            <button type="button" onClick={close}>
              Cancel
            </button>
            <button type="submit" class="primary" disabled={isBusy || nodeId.trim() === ''}>
              Register
            </button>
          </div>
        </form>
      ) : (
        <Command token={token} finish={close} />
      )}
    </dialog>
  );
}

function Command({ token, finish }: { token: string; finish(): void }) {
  const command = `SWITCHYARD_TOKEN=${token} npx switchyard agent --gateway ${location.origin} --workspace ./workspace`;
  return (
    <>
      <p>Run this on the machine, in the folder of Switchyard. The folder “workspace” must exist.</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: keyboard users can scroll only an element that takes the focus */}
      <pre dir="ltr" tabIndex={0}>
        {command}
      </pre>
      <p class="warning">The token in this command is shown only now. Copy it before you close this.</p>
      <div class="actions">
        <CopyButton text={command} />
        <button type="button" class="primary" onClick={finish}>
          Done
        </button>
      </div>
    </>
  );
}
