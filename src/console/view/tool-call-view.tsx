import { useState } from 'preact/hooks';
import type { ToolCall } from '../../client/answer.ts';
import { VisibleText } from '../controls/visible-text.tsx';
import { visibleText } from '../state/visible-text.ts';
import { Approval } from './approval.tsx';
import { ForeignTool } from './foreign-tool.tsx';
import { Question } from './question.tsx';
import { argumentsOf, isQuestion, outcomeOf, summaryOf } from './tool-call-text.ts';

export interface ToolCallViewProps {
  call: ToolCall;
  runId: string | undefined;
  /** Whether the answer is being written. */
  isLive: boolean;
}

/**
 * A tool call: its arguments, and its output or result, or the question for approval or for an answer. It is folded away when the
 * answer has ended, unless the user has opened or closed it.
 */
export function ToolCallView({ call, runId, isLive }: ToolCallViewProps) {
  const waiting = runId === undefined ? undefined : waitingPart(call, runId);
  const [chosen, choose] = useState<boolean>();
  return (
    <section class={`tool ${call.status.toLowerCase()}`} aria-label={`Tool ${visibleText(call.name)}`}>
      {waiting ? (
        <>
          <div class="tool-head">
            <Head call={call} />
          </div>
          {waiting}
        </>
      ) : (
        <Details call={call} isOpen={chosen ?? isLive} choose={choose} />
      )}
    </section>
  );
}

/** What a person can do about a call that waits. */
function waitingPart(call: ToolCall, runId: string) {
  if (call.status === 'AWAITING_APPROVAL') return <Approval call={call} runId={runId} />;
  if (call.status !== 'AWAITING_CLIENT') return undefined;
  return isQuestion(call) ? (
    <Question call={call} runId={runId} />
  ) : (
    <ForeignTool call={call} runId={runId} />
  );
}

function isOver({ status }: ToolCall): boolean {
  return status !== 'RUNNING' && status !== 'AWAITING_APPROVAL' && status !== 'AWAITING_CLIENT';
}

function Head({ call, summary = '' }: { call: ToolCall; summary?: string }) {
  return (
    <>
      <span class="tool-name">
        <VisibleText text={isQuestion(call) ? 'Question' : call.name} />
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
  /** Called when the user opens or closes the call. */
  choose(isOpen: boolean): void;
}

function Details({ call, isOpen, choose }: DetailsProps) {
  const isAsked = isQuestion(call);
  // The form that the model made for the answer is of no use any more.
  const args = isAsked ? { title: 'Question', text: summaryOf(call) } : argumentsOf(call);
  const output = isOver(call) ? (call.result ?? call.output) : call.output;
  return (
    <details
      open={isOpen}
      // The page opens and closes the call too, which is no choice of the user.
      onToggle={({ currentTarget: { open } }) => open !== isOpen && choose(open)}
    >
      <summary class="tool-head" data-focus-home>
        <Head call={call} summary={summaryOf(call)} />
      </summary>
      <h3>
        <VisibleText text={args.title} />
      </h3>
      <pre dir="ltr">
        <VisibleText text={args.text} />
      </pre>
      {call.changedArgs != null && (
        <>
          <h3>Changed by the user to</h3>
          <pre dir="ltr">
            <VisibleText text={argumentsOf({ args: call.changedArgs }).text} />
          </pre>
        </>
      )}
      {output !== '' && (
        <>
          <h3>{isAsked ? 'Answer' : isOver(call) ? 'Result' : 'Output'}</h3>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: keyboard users can scroll only an element that takes the focus */}
          <pre class="output" dir="ltr" tabIndex={0}>
            {output}
          </pre>
        </>
      )}
    </details>
  );
}
