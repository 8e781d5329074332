import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '../controls/icon.tsx';
import { promptKeys, type Shortcut } from './shortcuts.ts';

type Listed = Pick<Shortcut, 'keys' | 'does'>;

/** A dialog that lists all shortcuts. */
export function ShortcutHelp({ shortcuts, close }: { shortcuts: readonly Listed[]; close(): void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="shortcuts" onClose={close} aria-labelledby="shortcuts-title">
      <header>
        <h2 id="shortcuts-title">Keyboard shortcuts</h2>
        <button
          type="button"
          class="quiet icon-only"
          aria-label="Close"
          onClick={() => dialog.current?.close()}
        >
          <Icon name="close" />
        </button>
      </header>
      <ShortcutList title="Anywhere" shortcuts={shortcuts} />
      <ShortcutList title="In the prompt" shortcuts={promptKeys} />
    </dialog>
  );
}

function ShortcutList({ title, shortcuts }: { title: string; shortcuts: readonly Listed[] }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl>
        {shortcuts.map(({ keys, does }) => (
          <div key={does}>
            <dt>
              {keys.map((key, index) => (
                <span key={key}>
                  {index > 0 && ' + '}
                  <kbd>{key}</kbd>
                </span>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
