import { Icon } from '../controls/icon.tsx';
import { tagsOf } from '../state/session-filter.ts';
import { useApp } from './app-context.ts';

/** Says which sessions the list has, and chooses those with a tag. */
export function SessionFilterView() {
  const { sessionList } = useApp();
  const { filter, sessions, pinned } = sessionList;
  const { archived, tag } = filter.value;
  const tags = tagsOf([...sessions.value, ...pinned.value], filter.value);
  return (
    <>
      {archived && (
        <div class="in-archive">
          <button
            type="button"
            class="quiet icon-only"
            aria-label="Back to the other sessions"
            title="Back to the other sessions"
            data-focus-home
            onClick={() => sessionList.choose({ archived: false })}
          >
            <Icon name="back" />
          </button>
          <h2>Archive</h2>
        </div>
      )}
      {tags.length > 0 && (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields
        <div class="chips" role="group" aria-label="Only sessions with a tag">
          {tags.map((each) => (
            <button
              key={each}
              type="button"
              class="chip"
              aria-pressed={each === tag}
              onClick={() => sessionList.choose({ tag: each === tag ? undefined : each })}
            >
              <span class="cut" dir="auto">
                {each}
              </span>
              {each === tag && <Icon name="close" />}
            </button>
          ))}
        </div>
      )}
    </>
  );
}
