import { useId, useRef, useState } from 'preact/hooks';
import type { SessionNameFragment } from '../../gql/console/graphql.ts';
import { Alert } from '../controls/alert.tsx';
import { Icon } from '../controls/icon.tsx';
import { displayedTitle } from '../state/session-title.ts';
import { useApp } from './app-context.ts';
import { isComposing } from './is-composing.ts';
import { useAttempt } from './use-attempt.ts';
import { useModal } from './use-modal.ts';

/** As many tags, of as many characters, as the gateway takes. */
const [mostTags, longestTag] = [20, 50];

interface TagsDialogProps {
  session: SessionNameFragment;
  close(): void;
}

/** Adds tags to a session, and removes them. Each change is stored at once. */
export function TagsDialog({ session, close: closed }: TagsDialogProps) {
  const { sessionList, tagList } = useApp();
  const { dialog, close } = useModal();
  const { problem, attempt } = useAttempt();
  const [tags, setTags] = useState(session.tags);
  const [text, setText] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const [titleId, listId] = [useId(), useId()];
  const storing = useRef<Promise<unknown>>(Promise.resolve());
  const stored = useRef(session.tags);
  /** One change after the other: one that is made while the gateway stores another is not lost. */
  const store = (change: (before: readonly string[]) => string[]) => {
    const storesNext = storing.current.then(() =>
      attempt(async () => {
        const next = change(stored.current);
        await sessionList.keep(session.id, { tags: next });
        stored.current = next;
        setTags(next);
      }),
    );
    storing.current = storesNext;
    return storesNext;
  };
  const add = async () => {
    const tag = text.trim();
    setText('');
    field.current?.focus();
    if (tag === '' || tags.includes(tag)) return;
    const isStored = await store((before) => [...before, tag]);
    if (!isStored) setText((written) => written || tag);
  };
  return (
    <dialog ref={dialog} class="tags" onClose={closed} aria-labelledby={titleId}>
      <h2 id={titleId}>
        Tags of “<bdi>{displayedTitle(session)}</bdi>”
      </h2>
      <ul class="chips" aria-label="Tags">
        {tags.map((tag) => (
          <li key={tag} class="chip">
            <span class="cut" dir="auto">
              {tag}
            </span>
            <button
              type="button"
              class="quiet"
              aria-label={`Remove the tag ${tag}`}
              title="Remove"
              onClick={() => {
                void store((before) => before.filter((each) => each !== tag));
                field.current?.focus();
              }}
            >
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ul>
      {tags.length === 0 && <p class="hint">No tags yet. A tag is a word that you find sessions by.</p>}
      <div class="with-button">
        <input
          ref={field}
          aria-label="New tag"
          placeholder="New tag"
          dir="auto"
          list={listId}
          maxLength={longestTag}
          disabled={tags.length >= mostTags}
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || isComposing(event)) return;
            event.preventDefault();
            void add();
          }}
        />
        <datalist id={listId}>
          {tagList.tags.value
            .filter(({ tag }) => !tags.includes(tag))
            .map(({ tag }) => (
              <option key={tag} value={tag} />
            ))}
        </datalist>
        <button type="button" disabled={text.trim() === ''} onClick={() => void add()}>
          Add
        </button>
      </div>
      {tags.length >= mostTags && <p class="hint">A session has at most {mostTags} tags.</p>}
      <Alert problem={problem} />
      <div class="actions">
        <button type="button" class="primary" onClick={close}>
          Done
        </button>
      </div>
    </dialog>
  );
}
