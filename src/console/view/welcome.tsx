import type { NewSession } from '../state/session.ts';
import { usedModel } from '../state/used-model.ts';
import { useApp } from './app-context.ts';

/** What the demo model can answer. */
const examples = ['Count to 20', 'What is 12 * 12?', 'Write 200 words'];

/** What a new session shows before its first prompt. */
export function Welcome({ session }: { session: NewSession }) {
  const { account } = useApp();
  const model = usedModel(account.models.value, session.input.value);
  return (
    <section class="welcome">
      <h2>What would you like to ask?</h2>
      <p>
        The answer appears while the model writes it. You can close this page: the gateway finishes the
        answer, and you find it here when you come back.
      </p>
      {model?.providerName === 'demo' && <DemoNote session={session} />}
    </section>
  );
}

/** A newcomer must not take the rules of the demo model for what a model can do. */
function DemoNote({ session: { composer } }: { session: NewSession }) {
  return (
    <>
      <p>
        <strong>You are trying the demo model</strong>, which answers by a few rules. A real model answers
        when the gateway is started with an API key. Try one of these:
      </p>
      <p class="examples">
        {examples.map((example) => (
          <button
            key={example}
            type="button"
            class="small"
            onClick={() => {
              composer.write(example);
              composer.submit();
            }}
          >
            {example}
          </button>
        ))}
      </p>
    </>
  );
}
