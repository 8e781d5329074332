import { useApp } from './app-context.ts';

/** The tags of the shown session. Each shows the list of all sessions that have it. */
export function SessionTags({ tags }: { tags: readonly string[] }) {
  const { sessionList, sessionSearch } = useApp();
  if (tags.length === 0) return null;
  return (
    <ul class="chips session-tags" aria-label="Tags">
      {tags.map((tag) => (
        <li key={tag}>
          <button
            type="button"
            class="chip"
            title={`Show the sessions with the tag ${tag}`}
            onClick={() => {
              sessionSearch.write('');
              sessionList.choose({ archived: false, tag });
            }}
          >
            <span class="cut" dir="auto">
              {tag}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
