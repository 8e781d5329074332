import { useState } from 'preact/hooks';
import { VisibleText } from '../controls/visible-text.tsx';
import type { ToolCall } from '../state/message-state.ts';
import { visibleText } from '../state/visible-text.ts';
import { Approval } from './approval.tsx';
import { argumentsOf, outcomeOf, summaryOf } from './tool-call-text.ts';

/** A tool call: its arguments, and its output or result, or the question for approval. */
export function ToolCallView({ call, runId }: { call: ToolCall; runId: string | undefined }) {
  const isWaiting = call.status === 'AWAITING_APPROVAL' && runId !== undefined;
  const [isOpen, setOpen] = useState(!isOver(call));
  return (
    <section class={`tool ${call.status.toLowerCase()}`} aria-label={`Tool ${visibleText(call.name)}`}>
      {isWaiting ? (
        <>
          <div class="tool-head">
            <Head call={call} />
          </div>
          <Approval call={call} runId={runId} />
        </>
      ) : (
        <Details call={call} isOpen={isOpen} setOpen={setOpen} />
      )}
    </section>
  );
}

function isOver({ status }: ToolCall): boolean {
  return status !== 'RUNNING' && status !== 'AWAITING_APPROVAL';
}

function Head({ call, summary = '' }: { call: ToolCall; summary?: string }) {
  return (
    <>
      <span class="tool-name">
        <VisibleText text={call.name} />
      </span>
      <code class="cut">
        <VisibleText text={summary} />
      </code>
      {call.nodeId != null && <span class="tag">{visibleText(call.nodeId)}</span>}
      <span class="outcome">{outcomeOf(call)}</span>
    </>
  );
}

interface DetailsProps {
  call: ToolCall;
  isOpen: boolean;
  setOpen(isOpen: boolean): void;
}

function Details({ call, isOpen, setOpen }: DetailsProps) {
  const args = argumentsOf(call);
  const output = isOver(call) ? (call.result ?? call.output) : call.output;
  return (
    <details open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary class="tool-head">
        <Head call={call} summary={summaryOf(call)} />
      </summary>
      <h4>
        <VisibleText text={args.title} />
      </h4>
      <pre dir="ltr">
        <VisibleText text={args.text} />
      </pre>
      {output !== '' && (
        <>
          <h4>{isOver(call) ? 'Result' : 'Output'}</h4>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: keyboard users can scroll only an element that takes the focus */}
          <pre class="output" tabIndex={0}>
            {output}
          </pre>
        </>
      )}
    </details>
  );
}
