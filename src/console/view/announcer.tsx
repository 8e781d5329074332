import type { Transcript } from '../state/message-list.ts';
import type { Answer } from '../state/message-state.ts';

/** Tells who cannot see it how far the answer has come, and not each of its tokens. */
export function Announcer({ transcript }: { transcript: Transcript }) {
  const newest = transcript.entries.value.findLast(({ role }) => role === 'ASSISTANT');
  return (
    <p role="status" class="unseen">
      {newest && stateOf(transcript.live.value?.answer.value ?? newest.answer.value)}
    </p>
  );
}

function stateOf({ status, isQueued, toolCalls }: Answer): string {
  const waiting = toolCalls.find((call) => call.status === 'AWAITING_APPROVAL');
  if (status === 'STREAMING' && waiting) return `The tool ${waiting.name} waits for your approval.`;
  if (status === 'STREAMING')
    return isQueued ? 'The prompt waits for its turn.' : 'The answer is being written.';
  if (status === 'COMPLETE') return 'The answer is complete.';
  return status === 'CANCELLED' ? 'The answer was stopped.' : 'The answer broke off.';
}
