import { isWithdrawn, type Message } from '../state/message.ts';
import type { StoredSession } from '../state/session.ts';

/** Offers to send the prompt of the newest answer again, when that answer was stopped or has failed. */
export function RetryPrompt({ session }: { session: StoredSession }) {
  const prompt = promptToRetry(session.messageList.shown.value);
  if (prompt === undefined || session.outbox.prompts.value.length > 0) return null;
  return (
    <div class="retry">
      <button type="button" class="small" title={prompt} onClick={() => session.outbox.add(prompt)}>
        Retry: send the prompt again
      </button>
    </div>
  );
}

function promptToRetry(messages: readonly Message[]): string | undefined {
  const newest = messages.at(-1);
  if (newest === undefined) return undefined;
  if (isWithdrawn(newest)) return newest.state.value.content;
  const { status } = newest.state.value;
  const isBroken = status === 'CANCELLED' || status === 'FAILED' || status === 'INTERRUPTED';
  const before = messages.at(-2);
  return newest.role === 'ASSISTANT' && isBroken && before?.role === 'USER'
    ? before.state.value.content
    : undefined;
}
