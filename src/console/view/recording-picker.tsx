import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
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
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        class={className}
        data-focus-home={isFocusHome || undefined}
        aria-label={label}
        title={label}
        onClick={() => input.current?.click()}
      >
        {children}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        accept={accepted}
        onChange={({ currentTarget }) => {
          const [file] = currentTarget.files ?? [];
          // The same file may be chosen once more.
          currentTarget.value = '';
          if (file) void recordings.upload(messageId, file);
        }}
      />
    </>
  );
}
