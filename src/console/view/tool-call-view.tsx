import { useState } from 'preact/hooks';
import { ApproveToolCallDocument, DenyToolCallDocument } from '../../gql/console/graphql.ts';
import { Alert } from '../controls/alert.tsx';
import type { ToolCall } from '../state/message-state.ts';
import { useApp } from './app-context.ts';
import { argumentsOf, outcomeOf, summaryOf } from './tool-call-text.ts';
import { useAttempt } from './use-attempt.ts';

/** A tool call: its arguments, its output or result, and the question for approval. */
export function ToolCallView({ call, runId }: { call: ToolCall; runId: string | undefined }) {
  const isOver = call.status !== 'RUNNING' && call.status !== 'AWAITING_APPROVAL';
  const [isOpen, setOpen] = useState(!isOver);
  const args = argumentsOf(call);
  const output = isOver ? (call.result ?? call.output) : call.output;
  return (
    <section class={`tool ${call.status.toLowerCase()}`} aria-label={`Tool ${call.name}`}>
      <details open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>
          <span class="tool-name">{call.name}</span>
          <code class="cut">{summaryOf(call)}</code>
          {call.nodeId != null && <span class="tag">{call.nodeId}</span>}
          <span class="outcome">{outcomeOf(call)}</span>
        </summary>
        <h4>{args.title}</h4>
        <pre>{args.text}</pre>
        {output !== '' && (
          <>
            <h4>{isOver ? 'Result' : 'Output'}</h4>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: keyboard users can scroll only an element that takes the focus */}
            <pre class="output" tabIndex={0}>
              {output}
            </pre>
          </>
        )}
      </details>
      {call.status === 'AWAITING_APPROVAL' && runId !== undefined && <Approval call={call} runId={runId} />}
    </section>
  );
}

function Approval({ call, runId }: { call: ToolCall; runId: string }) {
  const { ask } = useApp();
  const { isBusy, problem, attempt } = useAttempt();
  const { callId, name } = call;
  const decide = (document: typeof ApproveToolCallDocument | typeof DenyToolCallDocument) =>
    attempt(() => ask<unknown, { runId: string; callId: string }>(document, { runId, callId }));
  return (
    <div class="approval">
      <p>Allow this tool to run{call.nodeId == null ? '' : ` on ${call.nodeId}`}?</p>
      <Alert problem={problem} />
      <div class="actions">
        <button
          type="button"
          disabled={isBusy}
          onClick={() => decide(DenyToolCallDocument)}
          aria-label={`Deny ${name}`}
        >
          Deny
        </button>
        <button
          type="button"
          class="primary"
          disabled={isBusy}
          onClick={() => decide(ApproveToolCallDocument)}
          aria-label={`Approve ${name}`}
        >
          Approve
        </button>
      </div>
    </div>
  );
}
