import { ViewerEventsDocument, type ViewerEventsSubscription } from '../../gql/console/graphql.ts';
import type { Link } from '../gateway/link.ts';
import { take } from '../gateway/take.ts';
import type { SessionList } from './session-list.ts';

export interface ViewerWatch {
  /** Begins anew, for another user. */
  restart(): void;
}

export interface ViewerWatchOptions {
  link: Link;
  sessionList: SessionList;
  /** Called after each change of a session, and when changes may have been missed. */
  changed(): void;
  /** Called when sessions may have got or lost tags. */
  tagsChanged(): void;
}

/** A run changes no tags. */
const mayChangeTags: ReadonlySet<string> = new Set(['SessionCreated', 'SessionUpdated', 'SessionDeleted']);

type ViewerEvent = ViewerEventsSubscription['viewerEvents'];

/**
 * Keeps the list of sessions as the gateway has it, whichever client changes a session. After a lost connection, and after
 * the page was hidden, it gets what has happened meanwhile.
 */
export function createViewerWatch({
  link,
  sessionList,
  changed,
  tagsChanged,
}: ViewerWatchOptions): ViewerWatch {
  /** Of the newest event. Undefined: what has happened so far is not known. */
  let cursor: string | undefined;
  let watching = new AbortController();

  const reload = () => {
    void sessionList.reload();
    changed();
    tagsChanged();
  };
  const apply = (event: ViewerEvent) => {
    cursor = event.cursor;
    if (event.__typename === 'WatchGap') return reload();
    if (event.__typename === 'SessionDeleted') sessionList.remove(event.deletedSessionId);
    else if ('session' in event && event.session) sessionList.show(event.session);
    changed();
    if (mayChangeTags.has(event.__typename)) tagsChanged();
  };
  const start = () => {
    const { signal } = watching;
    // Without a cursor, load the list when the stream is open, so that nothing falls between the two.
    const onOpen = () => cursor === undefined && reload();
    void take(
      link.client.subscribe(ViewerEventsDocument, () => ({ after: cursor ?? null }), { signal, onOpen }),
      {
        signal,
        next: ({ viewerEvents }) => apply(viewerEvents),
        ended() {
          // The gateway refuses the cursor, perhaps because it has another database now.
          if (cursor === undefined) return;
          cursor = undefined;
          start();
        },
      },
    );
  };
  return {
    restart() {
      watching.abort();
      watching = new AbortController();
      cursor = undefined;
      start();
    },
  };
}
