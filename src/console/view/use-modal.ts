import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/**
 * Shows a dialog as long as its component is drawn. The dialog reports with `close` that it was closed; the focus is
 * then back where it was before.
 */
export function useModal(): { dialog: RefObject<HTMLDialogElement | null>; close(): void } {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return { dialog, close: () => dialog.current?.close() };
}
