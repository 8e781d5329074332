import { focusPrompt } from './shortcuts.ts';

/** The first stop of the keyboard: leads past the list of sessions. It is visible while it has the focus. */
export function SkipLink() {
  return (
    <a
      class="skip-link"
      // The address names the session, so it must stay.
      href={location.href}
      onClick={(event) => {
        event.preventDefault();
        focusPrompt();
      }}
    >
      Skip to the prompt
    </a>
  );
}
