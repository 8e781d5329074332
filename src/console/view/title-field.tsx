import { useEffect, useState } from 'preact/hooks';
import type { SessionStateFragment } from '../../gql/console/graphql.ts';
import { displayedTitle } from '../state/session-title.ts';
import { isComposing } from './is-composing.ts';

export interface TitleFieldProps {
  session: SessionStateFragment;
  /** Resolves with whether the title was changed. */
  rename(title: string): Promise<boolean>;
}

/** The title of a session, as a field: editing it renames the session. */
export function TitleField({ session, rename }: TitleFieldProps) {
  const title = displayedTitle(session);
  const [text, setText] = useState(title);
  useEffect(() => setText(title), [title]);
  const commit = async () => {
    const wanted = text.trim();
    if (wanted === title) return;
    if (wanted === '') setText(title);
    else await rename(wanted);
  };
  return (
    <h1 class="title">
      <input
        aria-label="Title of the session"
        title={title}
        dir="auto"
        value={text}
        maxLength={200}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (isComposing(event)) return;
          if (event.key === 'Enter') event.currentTarget.blur();
          if (event.key === 'Escape') setText(title);
        }}
      />
    </h1>
  );
}
