import { Alert } from '../controls/alert.tsx';
import { Icon } from '../controls/icon.tsx';
import type { Room } from '../state/session.ts';
import { NodePicker } from './node-picker.tsx';
import { RoomSettings } from './session-settings.tsx';
import { TitleField } from './title-field.tsx';
import { useAttempt } from './use-attempt.ts';

export function RoomHeader({ room, openDrawer }: { room: Room; openDrawer(): void }) {
  const { problem, attempt } = useAttempt();
  const session = room.kind === 'session' ? room.conversation.session.value : undefined;
  const settings = room.kind === 'new' ? room.input.value : session;
  return (
    <header class="room-header">
      <div class="bar">
        <button
          type="button"
          class="quiet icon-only menu"
          aria-label="Show the list of sessions"
          onClick={openDrawer}
        >
          <Icon name="menu" />
        </button>
        {room.kind === 'new' && <h1 class="cut">New session</h1>}
        {room.kind === 'session' && session && (
          <TitleField session={session} rename={(title) => attempt(() => room.update({ title }))} />
        )}
        {settings && (
          <div class="settings">
            <RoomSettings
              settings={settings}
              change={(changed) => {
                if (room.kind === 'new') room.input.value = { ...room.input.value, ...changed };
                else void attempt(() => room.update(changed));
              }}
            />
            <NodePicker room={room} />
          </div>
        )}
      </div>
      <Alert problem={problem} />
    </header>
  );
}
