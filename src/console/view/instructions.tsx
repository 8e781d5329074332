import { useEffect, useState } from 'preact/hooks';
import { InstructionsDocument } from '../../gql/console/graphql.ts';
import { Alert } from '../controls/alert.tsx';
import type { Session } from '../state/session.ts';
import { useApp } from './app-context.ts';
import { useAttempt } from './use-attempt.ts';

/** The longest system prompt that the gateway takes, in characters. */
const maxLength = 100_000;

/** The system prompt of a session, as a field. It is loaded when it is shown, because it may be long. */
export function Instructions({ session }: { session: Session }) {
  const { ask } = useApp();
  const { isBusy, problem, attempt } = useAttempt();
  const [stored, setStored] = useState<string>();
  const [text, setText] = useState('');
  const show = (found: string) => {
    setStored(found);
    setText(found);
  };
  useEffect(() => {
    if (session.kind === 'new') return show(session.input.value.systemPrompt ?? '');
    const { sessionId } = session;
    void attempt(async () => {
      show((await ask(InstructionsDocument, { sessionId })).session?.systemPrompt ?? '');
    });
  }, [session]);
  const save = async () => {
    const systemPrompt = text.trim() === '' ? null : text;
    if (session.kind === 'new') session.input.value = { ...session.input.value, systemPrompt };
    else if (!(await attempt(() => session.update({ systemPrompt })))) return;
    setStored(text);
  };
  return (
    <>
      <label for="instructions">What the model is told before the messages (system prompt)</label>
      <textarea
        id="instructions"
        dir="auto"
        rows={6}
        maxLength={maxLength}
        placeholder={stored === undefined ? 'Loading…' : 'No instructions'}
        disabled={stored === undefined}
        value={text}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
      />
      <Alert problem={problem} />
      <div class="actions">
        <span class="hint" role="status">
          {text === stored && stored !== '' && 'Used from the next prompt on.'}
        </span>
        <button
          type="button"
          class="primary small"
          disabled={isBusy || stored === undefined || text === stored}
          onClick={save}
        >
          Save
        </button>
      </div>
    </>
  );
}
