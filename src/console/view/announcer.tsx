import { answerNote, stoppedNote } from '../state/answer-note.ts';
import type { MessageList } from '../state/message-list.ts';
import type { MessageState } from '../state/message-state.ts';
import { visibleText } from '../state/visible-text.ts';
import { isQuestion } from './tool-call-text.ts';

/** Tells users of a screen reader when an answer changes its status, without reading out each token. */
export function Announcer({ messageList }: { messageList: MessageList }) {
  const newest = messageList.messages.value.findLast(({ role }) => role === 'ASSISTANT');
  return (
    <p role="status" class="unseen">
      {newest && announcementOf((messageList.live.value ?? newest).state.value)}
    </p>
  );
}

function announcementOf(state: MessageState): string {
  const { status, isQueued, toolCalls } = state;
  const waiting = toolCalls.find((call) => call.status === 'AWAITING_APPROVAL');
  if (status === 'STREAMING' && waiting)
    return `The tool ${visibleText(waiting.name)} is waiting for your approval.`;
  const asked = toolCalls.filter((call) => call.status === 'AWAITING_CLIENT');
  if (status === 'STREAMING' && asked.some(isQuestion)) return 'The model asks you a question.';
  if (status === 'STREAMING' && asked[0])
    return `The tool ${visibleText(asked[0].name)} is waiting for another app.`;
  if (status === 'STREAMING')
    return isQueued
      ? 'The prompt is waiting for the previous answer to finish.'
      : 'The answer is being written.';
  if (status === 'COMPLETE') return answerNote(state) ?? 'The answer is complete.';
  return stoppedNote(state) ?? 'The answer failed.';
}
