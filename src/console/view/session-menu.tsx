import { useRef, useState } from 'preact/hooks';
import type { Session } from '../state/session.ts';
import { ClearHistory } from './clear-history.tsx';
import { Instructions } from './instructions.tsx';
import { useDismiss } from './use-dismiss.ts';

/** The system prompt of a session, and what is seldom done to a session. */
export function SessionMenu({ session }: { session: Session }) {
  const details = useRef<HTMLDetailsElement>(null);
  const [isOpen, setOpen] = useState(false);
  const [isClearing, setClearing] = useState(false);
  useDismiss(details);
  const hasMessages = session.kind === 'stored' && session.messageList.messages.value.length > 0;
  return (
    <>
      <details class="popup" ref={details} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>Instructions</summary>
        <div class="panel session-menu">
          {isOpen && <Instructions session={session} />}
          {session.kind === 'stored' && (
            <button
              type="button"
              class="quiet small"
              disabled={!hasMessages}
              onClick={() => setClearing(true)}
            >
              Clear history…
            </button>
          )}
        </div>
      </details>
      {isClearing && session.kind === 'stored' && (
        <ClearHistory session={session} close={() => setClearing(false)} />
      )}
    </>
  );
}
