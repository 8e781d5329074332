import { useLayoutEffect, useRef } from 'preact/hooks';
import { Alert } from '../controls/alert.tsx';
import { Icon } from '../controls/icon.tsx';
import type { SessionRoom } from '../state/session.ts';
import { MessageView } from './message-view.tsx';
import { useAttempt } from './use-attempt.ts';
import { useStickToEnd } from './use-stick-to-end.ts';

/** The messages of a session. */
export function ConversationView({ room }: { room: SessionRoom }) {
  const { conversation } = room;
  const { transcript, problem, isGone, session } = conversation;
  const scroller = useRef<HTMLElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const { isAtEnd, toEnd } = useStickToEnd(scroller, content);
  const entries = transcript.entries.value;
  return (
    <section class="conversation" ref={scroller} aria-label="Conversation">
      <div class="messages" ref={content}>
        {transcript.earlier.value !== undefined && <Earlier room={room} scroller={scroller} />}
        {entries.map((entry) => (
          <MessageView key={entry.id} entry={entry} />
        ))}
        {session.value && entries.length === 0 && <p class="hint centred">Nothing was said here yet.</p>}
        <Alert problem={problem.value}>
          {!isGone.value && (
            <button type="button" class="small" onClick={conversation.reload}>
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
  room: SessionRoom;
  scroller: { readonly current: HTMLElement | null };
}

/** Loads what came before, and leaves in place what is being read. */
function Earlier({ room, scroller }: EarlierProps) {
  const { conversation } = room;
  const { isBusy, problem, attempt } = useAttempt();
  const fromEnd = useRef<number | undefined>(undefined);
  const first = conversation.transcript.entries.value[0]?.id;
  useLayoutEffect(() => {
    const { current } = scroller;
    if (current && fromEnd.current !== undefined) current.scrollTop = current.scrollHeight - fromEnd.current;
    fromEnd.current = undefined;
  }, [first]);
  const load = () =>
    attempt(async () => {
      const { current } = scroller;
      if (current) fromEnd.current = current.scrollHeight - current.scrollTop;
      await conversation.loadEarlier();
    });
  return (
    <div class="earlier">
      <button type="button" class="quiet" disabled={isBusy} onClick={load}>
        {isBusy ? 'Loading…' : 'Earlier messages'}
      </button>
      <Alert problem={problem} />
    </div>
  );
}
