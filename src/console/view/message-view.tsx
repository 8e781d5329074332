import { Alert } from '../controls/alert.tsx';
import { CopyButton } from '../controls/copy-button.tsx';
import { Markdown } from '../markdown/markdown.tsx';
import type { Message } from '../state/message.ts';
import type { MessageState } from '../state/message-state.ts';
import { RetryNote } from './retry-note.tsx';
import { ToolCallView } from './tool-call-view.tsx';

export function MessageView({ message }: { message: Message }) {
  const { role, runId } = message;
  const state = message.state.value;
  const when = new Date(message.createdAt).toLocaleString();
  if (role === 'USER') {
    return (
      <article class="message prompt" aria-label="You" title={when}>
        <p>{state.content}</p>
      </article>
    );
  }
  return (
    <article class="message answer" aria-label="Answer" title={when} aria-busy={state.status === 'STREAMING'}>
      <Answer state={state} runId={runId} />
    </article>
  );
}

function Answer({ state, runId }: { state: MessageState; runId: string | undefined }) {
  const { status, content, reasoning, toolCalls, omittedMessages, failure } = state;
  const isLive = status === 'STREAMING';
  const isThinking = isLive && content === '' && toolCalls.length === 0;
  return (
    <>
      {omittedMessages > 0 && (
        <p class="note">
          This session is too long for the model. The model did not see the oldest {omittedMessages} messages.
        </p>
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
      {isLive && <Progress state={state} />}
      {status === 'CANCELLED' && <p class="note">Stopped. This answer is not complete.</p>}
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

function Progress({ state }: { state: MessageState }) {
  const isWaiting = state.toolCalls.some(({ status }) => status === 'AWAITING_APPROVAL');
  return (
    <p class="note progress">
      <span class="pulse" aria-hidden="true" />{' '}
      {state.isQueued && 'Waiting for the previous answer to finish'}
      {state.hasGap && 'The text appears when the answer is complete'}
      {isWaiting && 'Waiting for your approval'}
      {state.retry && <RetryNote retry={state.retry} />}
    </p>
  );
}
