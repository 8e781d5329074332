import { useRef, useState } from 'preact/hooks';
import type { Session } from '../state/session.ts';
import { Instructions } from './instructions.tsx';
import { useDismiss } from './use-dismiss.ts';

/** Shows and changes the system prompt of a session. */
export function InstructionsPopup({ session }: { session: Session }) {
  const details = useRef<HTMLDetailsElement>(null);
  const [isOpen, setOpen] = useState(false);
  useDismiss(details);
  return (
    <details class="popup" ref={details} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>Instructions</summary>
      <div class="panel instructions">{isOpen && <Instructions session={session} />}</div>
    </details>
  );
}
