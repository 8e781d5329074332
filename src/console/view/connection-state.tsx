import { useApp } from './app-context.ts';

/** Shows a notice while the connection is lost. */
export function ConnectionState() {
  const { link } = useApp();
  const { value: trouble } = link.trouble;
  return (
    <div role="status" class="connection">
      {trouble !== undefined && (
        <p>
          <span class="pulse" aria-hidden="true" /> Reconnecting… <span class="hint">{trouble}</span>{' '}
          <button type="button" class="quiet small" onClick={link.wake}>
            Try now
          </button>
        </p>
      )}
    </div>
  );
}
