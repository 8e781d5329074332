import { useRef } from 'preact/hooks';
import type { Session } from '../state/session.ts';
import { isComposing } from './is-composing.ts';

/**
 * Brings back earlier prompts, as a terminal does: arrow-up in an empty field shows the last prompt, then older ones, and
 * arrow-down goes back. A prompt that was changed, or in which the user has moved the cursor, is left alone.
 *
 * @returns Handles a key that is pressed in the field.
 */
export function useRecall(session: Session): (field: HTMLTextAreaElement, event: KeyboardEvent) => void {
  /** Which prompt is shown: 0 is the last one, -1 none. */
  const shown = useRef(-1);
  return (field, event) => {
    const step = stepOf(event);
    const { value: text, selectionStart, selectionEnd } = field;
    const isAtEnd = selectionStart === text.length && selectionEnd === text.length;
    if (step === 0 || !isAtEnd) return;
    const prompts = promptsOf(session);
    const isRecalled = text !== '' && prompts[shown.current] === text;
    if (!isRecalled && text !== '') return;
    const next = (isRecalled ? shown.current : -1) + step;
    const prompt = next === -1 ? '' : prompts[next];
    if (prompt === undefined) return;
    event.preventDefault();
    shown.current = next;
    session.composer.write(prompt);
  };
}

function stepOf(event: KeyboardEvent): 1 | -1 | 0 {
  if (event.shiftKey || event.ctrlKey || event.altKey || event.metaKey || isComposing(event)) return 0;
  if (event.key === 'ArrowUp') return 1;
  return event.key === 'ArrowDown' ? -1 : 0;
}

/** The prompts of the session that the page has loaded, newest first. A prompt that was repeated is there once. */
function promptsOf(session: Session): string[] {
  if (session.kind === 'new') return [];
  const prompts = session.messageList.messages.value
    .filter(({ role }) => role === 'USER')
    .map(({ state }) => state.value.content)
    .reverse();
  return prompts.filter((prompt, index) => prompt !== '' && prompt !== prompts[index - 1]);
}
