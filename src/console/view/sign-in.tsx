import { useEffect, useRef, useState } from 'preact/hooks';
import { Alert } from '../controls/alert.tsx';
import { useApp } from './app-context.ts';
import { useAttempt } from './use-attempt.ts';

/** A dialog that asks for a token when the gateway wants another one. The page behind it keeps its state. */
export function SignIn() {
  const { identity, account, signIn } = useApp();
  const [token, setToken] = useState('');
  const { isBusy, problem, attempt } = useAttempt();
  const dialog = useRef<HTMLDialogElement>(null);
  const reason = identity.demand.value;
  const isWanted = reason !== undefined;
  useEffect(() => {
    if (isWanted) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isWanted]);
  const submit = async (event: Event) => {
    event.preventDefault();
    const given = token.trim();
    if (given === '') return;
    await attempt(() => signIn(given));
    setToken('');
  };
  return (
    <dialog
      ref={dialog}
      class="sign-in"
      aria-labelledby="sign-in-title"
      onCancel={(event) => event.preventDefault()}
    >
      <form onSubmit={submit}>
        <h1 id="sign-in-title">Sign in to Switchyard</h1>
        <p role="alert">{identity.hasToken.value ? reason : 'This gateway requires a token.'}</p>
        <label for="token">Token</label>
        <input
          id="token"
          type="password"
          autoComplete="off"
          spellcheck={false}
          required
          value={token}
          onInput={({ currentTarget }) => setToken(currentTarget.value)}
        />
        <p class="hint">An API token (swu_…) or a JWT. Only this tab keeps it, until you close the tab.</p>
        <Alert problem={problem ?? account.problem.value} />
        <button type="submit" class="primary" disabled={isBusy}>
          {isBusy ? 'Signing in…' : 'Sign in'}
        </button>
      </form>
    </dialog>
  );
}
