import type { Room } from '../state/session.ts';
import { Announcer } from './announcer.tsx';
import { ComposerView } from './composer-view.tsx';
import { ConnectionState } from './connection-state.tsx';
import { ConversationView } from './message-list-view.tsx';
import { RoomHeader } from './session-header.tsx';
import { Usage } from './usage.tsx';
import { Welcome } from './welcome.tsx';

/** The session that is open, or the one that is about to be. */
export function RoomView({ room, openDrawer }: { room: Room; openDrawer(): void }) {
  return (
    <div class="room">
      <RoomHeader room={room} openDrawer={openDrawer} />
      {room.kind === 'session' ? (
        <>
          <ConversationView room={room} />
          <Announcer transcript={room.conversation.transcript} />
        </>
      ) : (
        <Welcome />
      )}
      <div class="below">
        <ConnectionState />
        <ComposerView room={room} />
        {room.kind === 'session' && <Usage conversation={room.conversation} />}
      </div>
    </div>
  );
}
