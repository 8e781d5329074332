import { useEffect, useState } from 'preact/hooks';
import { Alert } from '../controls/alert.tsx';
import { useApp } from './app-context.ts';
import { SessionView } from './session-view.tsx';
import { Sidebar } from './sidebar.tsx';
import { SignIn } from './sign-in.tsx';

export function Page() {
  const { account, session } = useApp();
  const [isDrawerOpen, setDrawerOpen] = useState(false);
  const { value: shown } = session;
  // Opening a session closes the drawer, which would cover the session on a narrow screen.
  useEffect(() => setDrawerOpen(false), [shown]);
  const key = shown.kind === 'stored' ? shown.sessionId : 'new';
  return (
    <div class={isDrawerOpen ? 'page drawer-open' : 'page'}>
      <Sidebar close={() => setDrawerOpen(false)} isOpen={isDrawerOpen} />
      <main inert={isDrawerOpen}>
        {account.viewer.value ? (
          <SessionView key={key} session={shown} openDrawer={() => setDrawerOpen(true)} />
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
