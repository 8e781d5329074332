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
  const { isBusy, problem, attempt } = useAttempt();
  const [tags, setTags] = useState(session.tags);
  const [text, setText] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const [titleId, listId] = [useId(), useId()];
  const store = async (next: string[]) => {
    const isStored = await attempt(() => sessionList.keep(session.id, { tags: next }));
    if (isStored) setTags(next);
    return isStored;
  };
  const add = async () => {
    const tag = text.trim();
    if (isBusy) return;
    if (tag === '' || tags.includes(tag) || (await store([...tags, tag]))) setText('');
    field.current?.focus();
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
                if (!isBusy) void store(tags.filter((each) => each !== tag));
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
