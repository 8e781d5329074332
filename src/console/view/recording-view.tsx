import { useState } from 'preact/hooks';
import type { RecordingPartsFragment } from '../../gql/console/graphql.ts';
import { Icon } from '../controls/icon.tsx';
import { VisibleText } from '../controls/visible-text.tsx';
import type { Message } from '../state/message.ts';
import type { StoredSession } from '../state/session.ts';
import { visibleText } from '../state/visible-text.ts';
import { useApp } from './app-context.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { RecordingPicker } from './recording-picker.tsx';
import { RecordingPlayer } from './recording-player.tsx';
import { recordingFacts } from './recording-text.ts';
import { SendRecording } from './send-recording.tsx';
import { UploadView } from './upload-view.tsx';

/** The recording of a message: plays, replaces and deletes it. Without one, it is attached. */
export function RecordingView({ session, message }: { session: StoredSession; message: Message }) {
  const { recordings } = useApp();
  const upload = recordings.uploadOf(message.id);
  const { value: recording } = message.recording;
  return (
    <div class="recording-place">
      {recording && (
        <Recording
          key={recording.uploadedAt}
          session={session}
          messageId={message.id}
          recording={recording}
        />
      )}
      {upload && <UploadView messageId={message.id} upload={upload} />}
      {!recording && !upload && (
        <RecordingPicker
          class="quiet icon-only attach"
          isFocusHome
          messageId={message.id}
          label="Attach a recording"
        >
          <Icon name="sound" />
        </RecordingPicker>
      )}
    </div>
  );
}

interface RecordingProps {
  session: StoredSession;
  messageId: string;
  recording: RecordingPartsFragment;
}

function Recording({ session, messageId, recording }: RecordingProps) {
  const { recordings } = useApp();
  const [isDeleting, setDeleting] = useState(false);
  const name = recording.filename ?? 'Recording';
  return (
    <section class="recording" aria-label={`Recording ${visibleText(recording.filename ?? '')}`.trim()}>
      <RecordingPlayer recording={recording} />
      <span class="recording-name" title={visibleText(name)}>
        <span class="cut">
          <VisibleText text={name} />
        </span>
        <span class="hint">{recordingFacts(recording)}</span>
      </span>
      <span class="recording-actions">
        <SendRecording session={session} messageId={messageId} />
        <RecordingPicker class="quiet small" messageId={messageId} label="Replace the recording">
          Replace
        </RecordingPicker>
        <button
          type="button"
          class="quiet icon-only"
          aria-label="Delete the recording"
          title="Delete the recording"
          onClick={() => setDeleting(true)}
        >
          <Icon name="trash" />
        </button>
      </span>
      {isDeleting && (
        <ConfirmDialog
          title="Delete this recording?"
          action="Delete"
          act={() => recordings.delete(messageId)}
          onClose={() => setDeleting(false)}
        >
          “<bdi>{visibleText(name)}</bdi>” will be deleted. The message stays.
        </ConfirmDialog>
      )}
    </section>
  );
}
