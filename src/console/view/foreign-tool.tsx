import type { ToolCall } from '../../client/answer.ts';
import { AnswerToolCallDocument } from '../../gql/console/graphql.ts';
import { ActionButton } from '../controls/action-button.tsx';
import { Alert } from '../controls/alert.tsx';
import { VisibleText } from '../controls/visible-text.tsx';
import { visibleText } from '../state/visible-text.ts';
import { useApp } from './app-context.ts';
import { argumentsOf } from './tool-call-text.ts';
import { useAttempt } from './use-attempt.ts';

/** A call of a tool that another client runs: this page knows no tools but the question. */
export function ForeignTool({ call, runId }: { call: ToolCall; runId: string }) {
  const { ask } = useApp();
  const { isBusy, problem, attempt } = useAttempt();
  const { callId } = call;
  const { title, text } = argumentsOf(call);
  const cancel = () =>
    attempt(() => ask(AnswerToolCallDocument, { runId, callId, error: 'The user cancelled this call.' }));
  return (
    <>
      <h3>
        <VisibleText text={title} />
      </h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: keyboard users can scroll only an element that takes the focus */}
      <pre class="arguments" dir="ltr" tabIndex={0}>
        <VisibleText text={text} />
      </pre>
      <div class="approval">
        <p>An app that knows this tool has to run it. This page does not know it.</p>
        <Alert problem={problem} />
        <div class="actions">
          <ActionButton isBusy={isBusy} act={cancel} label={`Cancel ${visibleText(call.name)}`}>
            Cancel the call
          </ActionButton>
        </div>
      </div>
    </>
  );
}
