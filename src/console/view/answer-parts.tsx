import { Markdown } from '../markdown/markdown.tsx';
import { type AnswerPart, partsOf } from '../state/answer-parts.ts';
import type { MessageState } from '../state/message-state.ts';
import { ToolCallView } from './tool-call-view.tsx';

/** The reasoning, the text and the tool calls of an answer, in the order in which the model made them. */
export function AnswerParts({ state, runId }: { state: MessageState; runId: string | undefined }) {
  const isLive = state.status === 'STREAMING';
  const parts = partsOf(state);
  return (
    <>
      {parts.map((part, index) => (
        <Part key={part.key} part={part} runId={runId} isLive={isLive} isLast={index === parts.length - 1} />
      ))}
    </>
  );
}

interface PartProps {
  part: AnswerPart;
  runId: string | undefined;
  isLive: boolean;
  isLast: boolean;
}

function Part({ part, runId, isLive, isLast }: PartProps) {
  switch (part.type) {
    case 'call':
      return <ToolCallView call={part.call} runId={runId} isLive={isLive} />;
    case 'text':
      return <Markdown text={part.text} />;
    case 'reasoning':
      return <Reasoning text={part.text} isThinking={isLive && isLast} />;
  }
}

function Reasoning({ text, isThinking }: { text: string; isThinking: boolean }) {
  return (
    <details class="reasoning" open={isThinking}>
      <summary>{isThinking ? 'Thinking…' : 'Reasoning'}</summary>
      <p dir="auto">{text}</p>
    </details>
  );
}
