import { Icon } from '../controls/icon.tsx';
import { useApp } from './app-context.ts';

/** The newest notice of the page. The element stays, because a screen reader reads only what changes in it. */
export function NoticeView() {
  const { notices } = useApp();
  const { value: notice } = notices.current;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: pointing at it only lets it stay longer
    <div
      class="notice-place"
      onMouseEnter={() => notices.hold(true)}
      onMouseLeave={() => notices.hold(false)}
      onFocusIn={() => notices.hold(true)}
      onFocusOut={() => notices.hold(false)}
    >
      <div role="status">{notice && <span class="notice-text">{notice.text}</span>}</div>
      {notice?.action && (
        <button
          type="button"
          class="small"
          onClick={() => {
            notices.dismiss();
            notice.action?.act();
          }}
        >
          {notice.action.label}
        </button>
      )}
      {notice && (
        <button
          type="button"
          class="quiet small icon-only"
          aria-label="Close the notice"
          onClick={notices.dismiss}
        >
          <Icon name="close" />
        </button>
      )}
    </div>
  );
}
