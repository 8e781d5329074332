import { useEffect, useState } from 'preact/hooks';
import { Alert } from '../controls/alert.tsx';
import { useApp } from './app-context.ts';
import { RoomView } from './session-view.tsx';
import { Sidebar } from './sidebar.tsx';
import { SignIn } from './sign-in.tsx';

/** The whole page: the sessions, and the one that is open. */
export function Page() {
  const { account, room } = useApp();
  const [isOpen, setOpen] = useState(false);
  const { value: open } = room;
  // Whatever was chosen in the drawer, it has done its work.
  useEffect(() => setOpen(false), [open]);
  const key = open.kind === 'session' ? open.conversation.sessionId : 'new';
  return (
    <div class={isOpen ? 'page drawer-open' : 'page'}>
      <Sidebar close={() => setOpen(false)} isOpen={isOpen} />
      <main inert={isOpen}>
        {account.viewer.value ? (
          <RoomView key={key} room={open} openDrawer={() => setOpen(true)} />
        ) : (
          <div class="centred">
            <Alert problem={account.problem.value && `${account.problem.value} Trying again…`} />
          </div>
        )}
      </main>
      <SignIn />
    </div>
  );
}
