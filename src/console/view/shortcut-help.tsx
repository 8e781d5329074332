import { Icon } from '../controls/icon.tsx';
import { listKeys, promptKeys, type Shortcut } from './shortcuts.ts';
import { useModal } from './use-modal.ts';

type Listed = Pick<Shortcut, 'keys' | 'does'>;

/** A dialog that lists all shortcuts. */
export function ShortcutHelp({ shortcuts, onClose }: { shortcuts: readonly Listed[]; onClose(): void }) {
  const { dialog, close } = useModal();
  return (
    <dialog ref={dialog} class="shortcuts" onClose={onClose} aria-labelledby="shortcuts-title">
      <header>
        <h2 id="shortcuts-title">Keyboard shortcuts</h2>
        <button type="button" class="quiet icon-only" aria-label="Close" onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <ShortcutList title="Anywhere" shortcuts={shortcuts} />
      <ShortcutList title="In the prompt" shortcuts={promptKeys} />
      <ShortcutList title="In a search or a menu" shortcuts={listKeys} />
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
