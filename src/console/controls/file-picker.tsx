import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';

interface FilePickerProps {
  class: string;
  /** What the button is called. Default: its text. */
  label?: string | undefined;
  title?: string | undefined;
  isDisabled?: boolean;
  /** As for `ActionButton`. */
  isFocusHome?: boolean | undefined;
  /** Whether several files can be chosen at once. */
  isMultiple?: boolean;
  /** The types that the browser offers first, as in the attribute `accept`. Default: all. */
  accept?: string;
  pick(files: File[]): void;
  children: ComponentChildren;
}

/** A button that lets the user choose files. */
export function FilePicker(props: FilePickerProps) {
  const { label, title, isDisabled = false, isFocusHome, isMultiple = false, accept, pick, children } = props;
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        class={props.class}
        data-focus-home={isFocusHome || undefined}
        aria-label={label}
        title={title}
        disabled={isDisabled}
        onClick={() => input.current?.click()}
      >
        {children}
      </button>
      <input
        ref={input}
        type="file"
        multiple={isMultiple}
        hidden
        accept={accept}
        onChange={({ currentTarget }) => {
          const files = [...(currentTarget.files ?? [])];
          // The same file may be chosen once more.
          currentTarget.value = '';
          if (files.length > 0) pick(files);
        }}
      />
    </>
  );
}
