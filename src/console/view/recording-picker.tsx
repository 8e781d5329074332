import type { ComponentChildren } from 'preact';
import { FilePicker } from '../controls/file-picker.tsx';
import { useApp } from './app-context.ts';

/** What the gateway accepts. It looks at the bytes: the browser only offers these files first. */
const accepted = 'audio/*,.wav,.mp3,.ogg,.oga,.opus,.webm,.m4a,.aac,.flac';

interface RecordingPickerProps {
  class: string;
  /** Default: its text. */
  label?: string;
  /** As for `ActionButton`. */
  isFocusHome?: boolean;
  messageId: string;
  children: ComponentChildren;
}

/** A button that uploads a file of the user's choice as the recording of a message. */
export function RecordingPicker({
  class: className,
  label,
  isFocusHome,
  messageId,
  children,
}: RecordingPickerProps) {
  const { recordings } = useApp();
  return (
    <FilePicker
      class={className}
      label={label}
      title={label}
      isFocusHome={isFocusHome}
      accept={accepted}
      pick={([file]) => file && void recordings.upload(messageId, file)}
    >
      {children}
    </FilePicker>
  );
}
