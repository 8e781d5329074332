import { useSignal } from '@preact/signals';
import { useId, useMemo } from 'preact/hooks';
import type { ToolCall } from '../../client/answer.ts';
import { AnswerToolCallDocument } from '../../gql/console/graphql.ts';
import { ActionButton } from '../controls/action-button.tsx';
import { Alert } from '../controls/alert.tsx';
import { answerOf, emptyPut, type Put, type QuestionField, questionOf } from '../state/question-form.ts';
import { useApp } from './app-context.ts';
import { useAttempt } from './use-attempt.ts';

/** A question of the model, as a form that is made from its schema. */
export function Question({ call, runId }: { call: ToolCall; runId: string }) {
  const { ask } = useApp();
  const { isBusy, problem, attempt } = useAttempt();
  const { callId, args } = call;
  const { question, fields } = useMemo(() => questionOf(args), [args]);
  // A signal, because a browser fills several fields before the form is drawn again, and none of them must be lost.
  const puts = useSignal<readonly Put[]>(fields.map(emptyPut));
  const answer = () =>
    attempt(async () =>
      ask(AnswerToolCallDocument, { runId, callId, result: answerOf(fields, puts.peek()) }),
    );
  const leaveOpen = () =>
    attempt(() => ask(AnswerToolCallDocument, { runId, callId, error: 'The user does not want to answer.' }));
  return (
    <form
      class="question"
      aria-label="Question"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isBusy) void answer();
      }}
    >
      <p class="asked" dir="auto">
        {question}
      </p>
      {fields.map((field, index) => (
        <Field
          key={field.name ?? ''}
          field={field}
          value={puts.value[index] ?? ''}
          put={(change) => {
            puts.value = puts.peek().map((each, at) => (at === index ? change(each) : each));
          }}
        />
      ))}
      <Alert problem={problem} />
      <div class="actions">
        <ActionButton class="quiet" isBusy={isBusy} act={leaveOpen}>
          Don’t answer
        </ActionButton>
        <button type="submit" class="primary" aria-disabled={isBusy}>
          Answer
        </button>
      </div>
    </form>
  );
}

interface FieldProps {
  field: QuestionField;
  value: Put;
  /** @param change Gets what is in the field now. */
  put(change: (now: Put) => Put): void;
}

function Field({ field, value, put }: FieldProps) {
  const { label, description, isRequired, kind } = field;
  const id = useId();
  const describedBy = description === undefined ? undefined : `${id}-about`;
  const about = description !== undefined && (
    <span class="about" id={describedBy} dir="auto">
      {description}
    </span>
  );
  if (kind.type === 'boolean') {
    return (
      <label class="tick">
        <input
          type="checkbox"
          checked={value === true}
          aria-describedby={describedBy}
          onChange={({ currentTarget: { checked } }) => put(() => checked)}
        />
        <span dir="auto">{label}</span>
        {about}
      </label>
    );
  }
  if (kind.type === 'choices') {
    const chosenOf = (now: Put): readonly number[] => (Array.isArray(now) ? now : []);
    return (
      <fieldset aria-describedby={describedBy}>
        <legend dir="auto">{label}</legend>
        {about}
        {kind.options.map((option, index) => (
          <label key={option.label} class="tick">
            <input
              type="checkbox"
              checked={chosenOf(value).includes(index)}
              onChange={({ currentTarget: { checked } }) =>
                put((now) => {
                  const others = chosenOf(now).filter((each) => each !== index);
                  return checked ? [...others, index] : others;
                })
              }
            />
            <span dir="auto">{option.label}</span>
          </label>
        ))}
      </fieldset>
    );
  }
  const shared = {
    id,
    required: isRequired,
    'aria-describedby': describedBy,
    value: String(value),
    onInput: ({ currentTarget: { value: text } }: { currentTarget: { value: string } }) => put(() => text),
  };
  return (
    <label for={id}>
      <span dir="auto">{label}</span>
      {!isRequired && <span class="about"> (optional)</span>}
      {kind.type === 'json' && <span class="about"> as JSON</span>}
      {about}
      {kind.type === 'choice' ? (
        <select {...shared}>
          <option value="">Choose…</option>
          {kind.options.map((option, index) => (
            <option key={option.label} value={index}>
              {option.label}
            </option>
          ))}
        </select>
      ) : kind.type === 'number' ? (
        <input {...shared} type="number" step={kind.isWhole ? 1 : 'any'} min={kind.min} max={kind.max} />
      ) : (
        <textarea
          {...shared}
          rows={kind.type === 'json' ? 4 : 1}
          dir={kind.type === 'json' ? 'ltr' : 'auto'}
          spellcheck={kind.type !== 'json'}
          maxLength={kind.type === 'text' ? kind.maxLength : undefined}
        />
      )}
    </label>
  );
}
