import { useState } from 'preact/hooks';
import type { SessionNameFragment } from '../../gql/console/graphql.ts';
import { Icon } from '../controls/icon.tsx';
import { Menu, type MenuItem } from '../controls/menu.tsx';
import { wordsOf } from '../gateway/words-of.ts';
import type { App } from '../state/app.ts';
import { exportSession } from '../state/export-session.ts';
import { displayedTitle } from '../state/session-title.ts';
import { useApp } from './app-context.ts';
import { DeleteSession } from './delete-session.tsx';
import { TagsDialog } from './tags-dialog.tsx';

interface SessionMenuProps {
  session: SessionNameFragment;
  /** What the button is called. */
  label: string;
}

/** What can be done with a session as a whole. */
export function SessionMenu({ session, label }: SessionMenuProps) {
  const app = useApp();
  const [dialog, setDialog] = useState<'delete' | 'tags'>();
  const close = () => setDialog(undefined);
  const items = (): readonly MenuItem[] => [
    {
      label: session.pinnedAt == null ? 'Pin' : 'Unpin',
      act: () => keep(app, session, { pinned: session.pinnedAt == null }),
    },
    { label: 'Tags…', act: () => setDialog('tags') },
    {
      label: session.archivedAt == null ? 'Archive' : 'Take out of the archive',
      act: () => archive(app, session),
    },
    { label: 'Export as Markdown', isApart: true, act: () => save(app, session, 'markdown') },
    { label: 'Export as JSON', act: () => save(app, session, 'json') },
    { label: 'Delete…', isApart: true, isDanger: true, act: () => setDialog('delete') },
  ];
  return (
    <>
      <Menu class="quiet icon-only" label={label} items={items}>
        <Icon name="more" />
      </Menu>
      {dialog === 'delete' && <DeleteSession session={session} close={close} />}
      {dialog === 'tags' && <TagsDialog session={session} close={close} />}
    </>
  );
}

type Kept = Parameters<App['sessionList']['keep']>[1];

async function keep(
  { sessionList, notices }: App,
  { id }: SessionNameFragment,
  input: Kept,
): Promise<boolean> {
  try {
    await sessionList.keep(id, input);
    return true;
  } catch (error) {
    notices.show(wordsOf(error));
    return false;
  }
}

/** Puts a session into the archive, or takes it out. The user can undo it. */
export async function archive(app: App, session: SessionNameFragment): Promise<void> {
  const archived = session.archivedAt == null;
  if (!(await keep(app, session, { archived }))) return;
  const title = displayedTitle(session);
  app.notices.show(archived ? `“${title}” is in the archive.` : `“${title}” is no longer in the archive.`, {
    label: 'Undo',
    async act() {
      if (!(await keep(app, session, { archived: !archived }))) return;
      app.notices.show('Undone.');
    },
  });
}

async function save({ ask, notices }: App, session: SessionNameFragment, form: 'markdown' | 'json') {
  notices.show('The conversation is being loaded…');
  try {
    await exportSession(ask, session.id, form);
    notices.show('The conversation was saved as a file.');
  } catch (error) {
    notices.show(`The conversation was not exported. ${wordsOf(error)}`, {
      label: 'Try again',
      act: () => save({ ask, notices } as App, session, form),
    });
  }
}
