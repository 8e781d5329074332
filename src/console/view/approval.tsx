import { useMemo, useState } from 'preact/hooks';
import { visibleJson } from '../../base/visible-text.ts';
import type { ToolCall } from '../../client/answer.ts';
import {
  ApproveToolCallDocument,
  DenyToolCallDocument,
  type RememberApproval,
} from '../../gql/console/graphql.ts';
import { ActionButton } from '../controls/action-button.tsx';
import { Alert } from '../controls/alert.tsx';
import { Options } from '../controls/options.tsx';
import { VisibleText } from '../controls/visible-text.tsx';
import { visibleText, warningsOf } from '../state/visible-text.ts';
import { useApp } from './app-context.ts';
import { argumentsOf } from './tool-call-text.ts';
import { useAttempt } from './use-attempt.ts';
import { useHiddenLines } from './use-hidden-lines.ts';

/** All arguments of a call, and the question whether it may run. The arguments cannot be folded away. */
export function Approval({ call, runId }: { call: ToolCall; runId: string }) {
  const { title, text } = argumentsOf(call);
  const { scroller, hiddenLines } = useHiddenLines();
  const warnings = useMemo(() => warningsOf([call.name, title, text].join('\n')), [call.name, title, text]);
  return (
    <>
      <h3>
        <VisibleText text={title} />
      </h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: keyboard users can scroll only an element that takes the focus */}
      <pre class="arguments" dir="ltr" tabIndex={0} ref={scroller}>
        <VisibleText text={text} />
      </pre>
      <div class="approval">
        {hiddenLines > 0 && (
          <p class="hidden-lines">
            ↓ {hiddenLines} more {hiddenLines === 1 ? 'line' : 'lines'} below. Scroll to see all of it.
          </p>
        )}
        {warnings.map((warning) => (
          <p key={warning} class="warning" role="alert">
            <VisibleText text={warning} />
          </p>
        ))}
        <Decision call={call} runId={runId} />
      </div>
    </>
  );
}

const scopes: Record<RememberApproval, string> = {
  ONCE: 'Only this call',
  EXACT: 'The same call again, too',
  TOOL: 'Every call of this tool in this session',
};

function Decision({ call, runId }: { call: ToolCall; runId: string }) {
  const { ask } = useApp();
  const { isBusy, problem, attempt } = useAttempt();
  const [remember, setRemember] = useState<RememberApproval>('ONCE');
  const [edited, setEdited] = useState<string>();
  const { callId } = call;
  const name = visibleText(call.name);
  const approve = () =>
    attempt(() => {
      const args = edited === undefined ? undefined : parseArguments(edited);
      return ask(ApproveToolCallDocument, { runId, callId, args, remember });
    });
  return (
    <>
      {edited !== undefined && (
        <label class="edited">
          Arguments, as JSON
          <textarea
            dir="ltr"
            rows={6}
            spellcheck={false}
            value={edited}
            onInput={({ currentTarget }) => setEdited(currentTarget.value)}
          />
        </label>
      )}
      <p>Allow this tool to run{call.nodeId == null ? '' : ` on ${visibleText(call.nodeId)}`}?</p>
      <Alert problem={problem} />
      <div class="actions">
        <select
          aria-label="What the approval holds for"
          value={remember}
          onChange={({ currentTarget }) => setRemember(currentTarget.value as RememberApproval)}
        >
          <Options labels={scopes} />
        </select>
        <button
          type="button"
          class="quiet"
          onClick={() => setEdited(edited === undefined ? visibleJson(call.args) : undefined)}
        >
          {edited === undefined ? 'Edit arguments' : 'Undo the edit'}
        </button>
        <ActionButton
          isBusy={isBusy}
          act={() => attempt(() => ask(DenyToolCallDocument, { runId, callId }))}
          label={`Deny ${name}`}
        >
          Deny
        </ActionButton>
        <ActionButton class="primary" isBusy={isBusy} act={approve} label={`Approve ${name}`}>
          Approve
        </ActionButton>
      </div>
    </>
  );
}

/** @throws Error with a sentence for the user. */
function parseArguments(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // The same sentence says it.
  }
  throw new Error('The arguments are not a JSON object.');
}
