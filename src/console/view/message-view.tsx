import { Alert } from '../controls/alert.tsx';
import { CopyButton } from '../controls/copy-button.tsx';
import { Markdown } from '../markdown/markdown.tsx';
import type { MessageEntry } from '../state/message.ts';
import type { Answer } from '../state/message-state.ts';
import { ToolCallView } from './tool-call-view.tsx';

export function MessageView({ entry }: { entry: MessageEntry }) {
  const { answer, role } = entry;
  const when = new Date(entry.createdAt).toLocaleString();
  if (role === 'USER') {
    return (
      <article class="message prompt" aria-label="You" title={when}>
        <p>{answer.value.content}</p>
      </article>
    );
  }
  return (
    <article
      class="message answer"
      aria-label="Answer"
      title={when}
      aria-busy={answer.value.status === 'STREAMING'}
    >
      <AnswerView answer={answer.value} runId={entry.runId} />
    </article>
  );
}

function AnswerView({ answer, runId }: { answer: Answer; runId: string | undefined }) {
  const { status, content, reasoning, toolCalls, omittedMessages, failure } = answer;
  const isLive = status === 'STREAMING';
  const isThinking = isLive && content === '' && toolCalls.length === 0;
  return (
    <>
      {omittedMessages > 0 && (
        <p class="note">The conversation is long: the oldest {omittedMessages} messages were left out.</p>
      )}
      {reasoning !== '' && (
        <details class="reasoning" open={isThinking}>
          <summary>{isThinking ? 'Thinking…' : 'Reasoning'}</summary>
          <p>{reasoning}</p>
        </details>
      )}
      {toolCalls.map((call) => (
        <ToolCallView key={call.callId} call={call} runId={runId} />
      ))}
      {content !== '' && <Markdown text={content} />}
      {isLive && <Progress answer={answer} />}
      {status === 'CANCELLED' && <p class="note">Stopped. This is what had been written.</p>}
      {(status === 'FAILED' || status === 'INTERRUPTED') && (
        <Alert problem={failure ?? 'The gateway stopped before the answer was finished.'} />
      )}
      {!isLive && content !== '' && (
        <div class="message-actions">
          <CopyButton text={content} />
        </div>
      )}
    </>
  );
}

function Progress({ answer }: { answer: Answer }) {
  const waits = answer.toolCalls.some(({ status }) => status === 'AWAITING_APPROVAL');
  return (
    <p class="note progress">
      <span class="pulse" aria-hidden="true" /> {answer.isQueued && 'Waits for its turn'}
      {answer.hasGap && 'A part cannot be shown until the answer is finished'}
      {waits && 'Waits for your approval'}
    </p>
  );
}
