import { Icon } from '../controls/icon.tsx';
import { Options } from '../controls/options.tsx';
import type { Theme } from '../state/theme.ts';
import { useApp } from './app-context.ts';

const themes: Record<Theme, string> = {
  system: 'Colours: system',
  light: 'Colours: light',
  dark: 'Colours: dark',
};

/** Chooses the colours of the page, and shows its shortcuts. */
export function PageTools({ showHelp }: { showHelp(): void }) {
  const { theme } = useApp();
  return (
    <div class="page-tools">
      <select
        aria-label="Colours"
        title="The colours of this page"
        value={theme.value}
        onChange={({ currentTarget }) => {
          theme.value = currentTarget.value as Theme;
        }}
      >
        <Options labels={themes} />
      </select>
      <button
        type="button"
        class="quiet icon-only"
        aria-label="Keyboard shortcuts"
        title="Keyboard shortcuts (?)"
        onClick={showHelp}
      >
        <Icon name="keys" />
      </button>
    </div>
  );
}
