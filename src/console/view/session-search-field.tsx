import { useApp } from './app-context.ts';
import { isComposing } from './is-composing.ts';

/** A search in the titles and messages of sessions. Arrow down goes to what was found, and Escape ends the search. */
export function SessionSearchField() {
  const { sessionSearch } = useApp();
  return (
    <input
      class="search"
      type="search"
      aria-label="Search titles and messages"
      placeholder="Search…"
      dir="auto"
      maxLength={200}
      value={sessionSearch.text.value}
      onInput={({ currentTarget }) => sessionSearch.write(currentTarget.value)}
      onKeyDown={(event) => {
        if (isComposing(event)) return;
        if (event.key === 'Escape' && sessionSearch.text.value !== '') {
          // Escape would close the drawer too.
          event.stopPropagation();
          sessionSearch.write('');
        }
        if (event.key === 'ArrowDown' && focusLink(event.currentTarget.nextElementSibling, 0)) {
          event.preventDefault();
        }
      }}
    />
  );
}

/** Arrow up and down move the focus along the links of a list; from the first link up to the search. */
export function moveAlongLinks(event: KeyboardEvent): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const list = event.currentTarget;
  if (step === undefined || !(list instanceof HTMLElement)) return;
  const index = linksIn(list).indexOf(document.activeElement as HTMLElement);
  if (index < 0) return;
  event.preventDefault();
  if (index === 0 && step < 0) list.parentElement?.querySelector<HTMLElement>('.search')?.focus();
  else focusLink(list, index + step);
}

function focusLink(list: Element | null, index: number): boolean {
  const link = list ? linksIn(list)[index] : undefined;
  link?.focus();
  return link !== undefined;
}

function linksIn(list: Element): HTMLElement[] {
  return [...list.querySelectorAll<HTMLElement>('.sessions a, .hits a')];
}
