import { effect, type Signal, signal } from '@preact/signals';

const themes = ['system', 'light', 'dark'] as const;

/** The colours of the page. `system`: those that the user's computer prefers. */
export type Theme = (typeof themes)[number];

const key = 'switchyard.theme';

/** Shows the theme that the user has chosen in this browser, and keeps each later choice. */
export function openTheme(): Signal<Theme> {
  const theme = signal(themes.find((each) => each === localStorage.getItem(key)) ?? 'system');
  effect(() => {
    document.documentElement.dataset['theme'] = theme.value;
    if (theme.value === 'system') localStorage.removeItem(key);
    else localStorage.setItem(key, theme.value);
  });
  return theme;
}
