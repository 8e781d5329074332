import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { ActionButton } from '../controls/action-button.tsx';
import { Alert } from '../controls/alert.tsx';
import { Icon } from '../controls/icon.tsx';
import type { StoredSession } from '../state/session.ts';
import { MessagePlace } from './message-place.tsx';
import { PendingPrompts } from './pending-prompts.tsx';
import { RetryPrompt } from './retry-prompt.tsx';
import { useAttempt } from './use-attempt.ts';
import { useJumpTarget } from './use-jump-target.ts';
import { type StickToEnd, useStickToEnd } from './use-stick-to-end.ts';

/** The newest messages, which a user sees first, are drawn with the list. */
const drawnAtOnce = 4;

export function MessageListView({ session }: { session: StoredSession }) {
  const { jump, problem, isGone, state } = session;
  const { value: excerpt } = jump.excerpt;
  const messageList = jump.shown.value;
  const scroller = useRef<HTMLElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const stick = useStickToEnd(scroller, content);
  const messages = messageList.shown.value;
  const sends = session.sends.value;
  useEffect(() => {
    // What was just sent is shown, also to a user who has read further up.
    if (sends > 0) stick.toEnd();
  }, [sends]);
  const targetId = useJumpTarget(session, scroller, stick);
  const isEmpty = messages.length === 0 && session.outbox.prompts.value.length === 0;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: keyboard users can scroll only an element that takes the focus
    <section class="message-list" ref={scroller} aria-label="Messages" tabIndex={0} data-focus-home>
      <h2 class="unseen">Messages</h2>
      <div class="messages" ref={content}>
        <Alert problem={jump.problem.value}>
          <button type="button" class="small" onClick={jump.close}>
            Close
          </button>
        </Alert>
        {messageList.earlierCursor.value !== undefined && (
          <Earlier load={jump.loadEarlier} first={messageList.messages.value[0]?.id} scroller={scroller} />
        )}
        {messages.map((message, index) => (
          // A version takes the place of another one, so that the focus stays on the arrow that was pressed.
          <MessagePlace
            key={message.parentId ?? 'first'}
            session={session}
            message={message}
            isFirst={index >= messages.length - drawnAtOnce}
            isTarget={message.id === targetId}
          />
        ))}
        {excerpt ? (
          <LoadMore label="Show later messages" load={jump.loadLater} />
        ) : (
          <>
            <RetryPrompt session={session} />
            <PendingPrompts session={session} />
          </>
        )}
        {state.value && isEmpty && <p class="hint centred">No messages yet.</p>}
        <Alert problem={problem.value}>
          {!isGone.value && (
            <button type="button" class="small" onClick={session.reload}>
              Try again
            </button>
          )}
        </Alert>
      </div>
      <ToEnd session={session} stick={stick} />
    </section>
  );
}

/** Leads to the newest message, when it is not in view. */
function ToEnd({ session: { jump }, stick }: { session: StoredSession; stick: StickToEnd }) {
  const isExcerpt = jump.excerpt.value !== undefined;
  if (stick.isAtEnd.value && !isExcerpt) return null;
  const go = () => {
    jump.close();
    stick.toEnd();
  };
  return (
    <button
      type="button"
      class={`to-end${isExcerpt ? ' wide' : ''}`}
      aria-label="To the newest message"
      title="To the newest message"
      onClick={go}
    >
      {isExcerpt && 'Newest messages'}
      <Icon name="down" />
    </button>
  );
}

interface EarlierProps {
  load(): Promise<void>;
  /** The first message that is loaded. */
  first: string | undefined;
  scroller: { readonly current: HTMLElement | null };
}

/** Loads earlier messages. The visible messages keep their place on the screen. */
function Earlier({ load, first, scroller }: EarlierProps) {
  const fromEnd = useRef<number | undefined>(undefined);
  useLayoutEffect(() => {
    const { current } = scroller;
    if (current && fromEnd.current !== undefined) current.scrollTop = current.scrollHeight - fromEnd.current;
    fromEnd.current = undefined;
  }, [first]);
  const loadBefore = () => {
    const { current } = scroller;
    if (current) fromEnd.current = current.scrollHeight - current.scrollTop;
    return load();
  };
  return <LoadMore label="Show earlier messages" load={loadBefore} />;
}

function LoadMore({ label, load }: { label: string; load(): Promise<void> }) {
  const { isBusy, problem, attempt } = useAttempt();
  return (
    <div class="earlier">
      <ActionButton class="quiet" isBusy={isBusy} act={() => attempt(load)}>
        {isBusy ? 'Loading…' : label}
      </ActionButton>
      <Alert problem={problem} />
    </div>
  );
}
