import { useMemo } from 'preact/hooks';
import { ApproveToolCallDocument, DenyToolCallDocument } from '../../gql/console/graphql.ts';
import { ActionButton } from '../controls/action-button.tsx';
import { Alert } from '../controls/alert.tsx';
import { VisibleText } from '../controls/visible-text.tsx';
import type { ToolCall } from '../state/message-state.ts';
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

function Decision({ call, runId }: { call: ToolCall; runId: string }) {
  const { ask } = useApp();
  const { isBusy, problem, attempt } = useAttempt();
  const { callId } = call;
  const name = visibleText(call.name);
  const decide = (document: typeof ApproveToolCallDocument | typeof DenyToolCallDocument) =>
    attempt(() => ask<unknown, { runId: string; callId: string }>(document, { runId, callId }));
  return (
    <>
      <p>Allow this tool to run{call.nodeId == null ? '' : ` on ${visibleText(call.nodeId)}`}?</p>
      <Alert problem={problem} />
      <div class="actions">
        <ActionButton isBusy={isBusy} act={() => decide(DenyToolCallDocument)} label={`Deny ${name}`}>
          Deny
        </ActionButton>
        <ActionButton
          class="primary"
          isBusy={isBusy}
          act={() => decide(ApproveToolCallDocument)}
          label={`Approve ${name}`}
        >
          Approve
        </ActionButton>
      </div>
    </>
  );
}
