import { useState } from 'preact/hooks';
import { Icon } from '../controls/icon.tsx';
import { type ListedTag, mostCounted, tagsOfList } from '../state/tag-list.ts';
import { useApp } from './app-context.ts';

/** Says which sessions the list has, and chooses those with a tag. */
export function SessionFilterView() {
  const { sessionList } = useApp();
  return (
    <>
      {sessionList.filter.value.archived && (
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
      <TagMenu />
    </>
  );
}

/** As many tags are shown at first: the most used ones. */
const shownAtFirst = 8;

function TagMenu() {
  const { sessionList, tagList } = useApp();
  const [showsAll, setShowsAll] = useState(false);
  const chosen = sessionList.filter.value.tag;
  const all = tagsOfList(tagList.tags.value, sessionList.filter.value);
  const tags = showsAll ? all : all.filter(({ tag }, index) => index < shownAtFirst || tag === chosen);
  if (all.length === 0) return null;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields
    <div class="chips" role="group" aria-label="Only sessions with a tag">
      {tags.map((each) => (
        <TagButton
          key={each.tag}
          listed={each}
          isChosen={each.tag === chosen}
          choose={() => sessionList.choose({ tag: each.tag === chosen ? undefined : each.tag })}
        />
      ))}
      {all.length > shownAtFirst && (
        <button
          type="button"
          class="quiet small"
          aria-expanded={showsAll}
          onClick={() => setShowsAll(!showsAll)}
        >
          {showsAll ? 'Fewer tags' : `All ${all.length} tags`}
        </button>
      )}
    </div>
  );
}

interface TagButtonProps {
  listed: ListedTag;
  isChosen: boolean;
  choose(): void;
}

function TagButton({ listed: { tag, count }, isChosen, choose }: TagButtonProps) {
  const counted = count < mostCounted ? `${count}` : `${mostCounted} or more`;
  return (
    <button
      type="button"
      class="chip"
      aria-pressed={isChosen}
      title={`${counted} ${count === 1 ? 'session' : 'sessions'}`}
      onClick={choose}
    >
      <span class="cut" dir="auto">
        {tag}
      </span>
      <span class="count">{count < mostCounted ? count : `${mostCounted - 1}+`}</span>
      {isChosen && <Icon name="close" />}
    </button>
  );
}
