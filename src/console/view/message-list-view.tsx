import { useLayoutEffect, useRef } from 'preact/hooks';
import { ActionButton } from '../controls/action-button.tsx';
import { Alert } from '../controls/alert.tsx';
import { Icon } from '../controls/icon.tsx';
import type { StoredSession } from '../state/session.ts';
import { MessageView } from './message-view.tsx';
import { PendingPrompts } from './pending-prompts.tsx';
import { RetryPrompt } from './retry-prompt.tsx';
import { useAttempt } from './use-attempt.ts';
import { useStickToEnd } from './use-stick-to-end.ts';

export function MessageListView({ session }: { session: StoredSession }) {
  const { messageList, problem, isGone, state } = session;
  const scroller = useRef<HTMLElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const { isAtEnd, toEnd } = useStickToEnd(scroller, content);
  const messages = messageList.shown.value;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: keyboard users can scroll only an element that takes the focus
    <section class="message-list" ref={scroller} aria-label="Messages" tabIndex={0} data-focus-home>
      <h2 class="unseen">Messages</h2>
      <div class="messages" ref={content}>
        {messageList.earlierCursor.value !== undefined && <Earlier session={session} scroller={scroller} />}
        {messages.map((message) => (
          // A version takes the place of another one, so that the focus stays on the arrow that was pressed.
          <MessageView key={message.parentId ?? 'first'} session={session} message={message} />
        ))}
        <RetryPrompt session={session} />
        <PendingPrompts session={session} />
        {state.value && messages.length === 0 && session.outbox.prompts.value.length === 0 && (
          <p class="hint centred">No messages yet.</p>
        )}
        <Alert problem={problem.value}>
          {!isGone.value && (
            <button type="button" class="small" onClick={session.reload}>
              Try again
            </button>
          )}
        </Alert>
      </div>
      {!isAtEnd.value && (
        <button type="button" class="to-end" aria-label="To the newest message" onClick={toEnd}>
          <Icon name="down" />
        </button>
      )}
    </section>
  );
}

interface EarlierProps {
  session: StoredSession;
  scroller: { readonly current: HTMLElement | null };
}

/** Loads earlier messages. The visible messages keep their place on the screen. */
function Earlier({ session, scroller }: EarlierProps) {
  const { isBusy, problem, attempt } = useAttempt();
  const fromEnd = useRef<number | undefined>(undefined);
  const first = session.messageList.messages.value[0]?.id;
  useLayoutEffect(() => {
    const { current } = scroller;
    if (current && fromEnd.current !== undefined) current.scrollTop = current.scrollHeight - fromEnd.current;
    fromEnd.current = undefined;
  }, [first]);
  const load = () =>
    attempt(async () => {
      const { current } = scroller;
      if (current) fromEnd.current = current.scrollHeight - current.scrollTop;
      await session.loadEarlier();
    });
  return (
    <div class="earlier">
      <ActionButton class="quiet" isBusy={isBusy} act={load}>
        {isBusy ? 'Loading…' : 'Show earlier messages'}
      </ActionButton>
      <Alert problem={problem} />
    </div>
  );
}
