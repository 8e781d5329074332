import { useEffect, useState } from 'preact/hooks';
import type { RecordingPartsFragment } from '../../gql/console/graphql.ts';
import { ActionButton } from '../controls/action-button.tsx';
import { Alert } from '../controls/alert.tsx';
import { Icon } from '../controls/icon.tsx';
import { useApp } from './app-context.ts';
import { useAttempt } from './use-attempt.ts';

/** Loads a recording when the user wants to hear it, and plays it. */
export function RecordingPlayer({ recording }: { recording: RecordingPartsFragment }) {
  const { url, isLoading, problem, load } = useBlobUrl(recording);
  const [isPlayable, setPlayable] = useState(true);
  return (
    <>
      {url === undefined && (
        <ActionButton class="small" label="Play the recording" isBusy={isLoading} isFocusHome act={load}>
          <Icon name="play" /> {isLoading ? 'Loading…' : 'Play'}
        </ActionButton>
      )}
      {url !== undefined && isPlayable && (
        // biome-ignore lint/a11y/useMediaCaption: nobody has written captions of a recording; the message is its text
        <audio
          src={url}
          controls
          autoplay
          tabIndex={0}
          data-focus-home
          aria-label="Player"
          onError={() => setPlayable(false)}
        />
      )}
      {url !== undefined && !isPlayable && (
        <Alert problem="This browser cannot play this recording.">
          <a href={url} download={recording.filename ?? 'recording'}>
            Download it
          </a>
        </Alert>
      )}
      <Alert problem={problem} />
    </>
  );
}

/** The address of the downloaded recording in this page, once `load` has been called. */
function useBlobUrl(recording: RecordingPartsFragment) {
  const { recordings } = useApp();
  const { isBusy, problem, attempt } = useAttempt();
  const [url, setUrl] = useState<string>();
  const [closing] = useState(() => new AbortController());
  useEffect(() => () => closing.abort(), []);
  useEffect(() => {
    if (url === undefined) return;
    return () => URL.revokeObjectURL(url);
  }, [url]);
  const load = () =>
    attempt(async () => {
      const blob = await recordings.load(recording, closing.signal);
      if (!closing.signal.aborted) setUrl(URL.createObjectURL(blob));
    });
  return { url, isLoading: isBusy, problem, load };
}
