import type { AttachmentPartsFragment } from '../../gql/console/graphql.ts';
import { Markdown } from '../markdown/markdown.tsx';
import { type AnswerPart, partsOf } from '../state/answer-parts.ts';
import type { MessageState, SteeredPrompt } from '../state/message-state.ts';
import { Attachments } from './attachment-chip.tsx';
import { ToolCallView } from './tool-call-view.tsx';

interface AnswerPartsProps {
  state: MessageState;
  runId: string | undefined;
  /** What was sent with a prompt that joined the answer. */
  attachmentsOf(promptId: string): readonly AttachmentPartsFragment[];
}

/**
 * The reasoning, the text and the tool calls of an answer, in the order in which the model made them, and the prompts that
 * joined it between them.
 */
export function AnswerParts({ state, runId, attachmentsOf }: AnswerPartsProps) {
  const isLive = state.status === 'STREAMING';
  const parts = partsOf(state);
  return (
    <>
      {parts.map((part, index) => (
        <Part
          key={part.key}
          part={part}
          runId={runId}
          isLive={isLive}
          isLast={index === parts.length - 1}
          attachmentsOf={attachmentsOf}
        />
      ))}
    </>
  );
}

interface PartProps extends Pick<AnswerPartsProps, 'runId' | 'attachmentsOf'> {
  part: AnswerPart;
  isLive: boolean;
  isLast: boolean;
}

function Part({ part, runId, isLive, isLast, attachmentsOf }: PartProps) {
  switch (part.type) {
    case 'call':
      return <ToolCallView call={part.call} runId={runId} isLive={isLive} />;
    case 'prompt':
      return <SteeredPromptView prompt={part.prompt} attachmentsOf={attachmentsOf} />;
    case 'text':
      return <Markdown text={part.text} />;
    case 'reasoning':
      return <Reasoning text={part.text} isThinking={isLive && isLast} />;
  }
}

type SteeredPromptProps = Pick<AnswerPartsProps, 'attachmentsOf'> & { prompt: SteeredPrompt };

function SteeredPromptView({ prompt: { id, content }, attachmentsOf }: SteeredPromptProps) {
  if (id === undefined) return <p class="note">A prompt that joined here was deleted.</p>;
  return (
    // No landmark: an answer may have several.
    // biome-ignore lint/a11y/useSemanticElements: the element that means a group is for forms
    <div class="message prompt steered" role="group" aria-label="You, while this was written">
      <Attachments attachments={attachmentsOf(id)} />
      <p dir="auto">{content}</p>
    </div>
  );
}

function Reasoning({ text, isThinking }: { text: string; isThinking: boolean }) {
  return (
    <details class="reasoning" open={isThinking}>
      <summary>{isThinking ? 'Thinking…' : 'Reasoning'}</summary>
      <p dir="auto">{text}</p>
    </details>
  );
}
