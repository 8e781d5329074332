import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Message } from '../state/message.ts';
import type { StoredSession } from '../state/session.ts';
import { drawSoon } from './draw-soon.ts';
import { MessageView } from './message-view.tsx';

interface MessagePlaceProps {
  session: StoredSession;
  message: Message;
  /** Whether it is drawn with the list. The others follow one by one. */
  isFirst: boolean;
  /** Whether it is the message that a search has found. */
  isTarget: boolean;
}

/** The place of a message in the list. */
export function MessagePlace({ session, message, isFirst, isTarget }: MessagePlaceProps) {
  const isDrawn = useRef(false);
  const [, draw] = useState(0);
  isDrawn.current ||= isFirst || isTarget;
  useEffect(() => {
    if (isDrawn.current) return;
    return drawSoon(() => {
      isDrawn.current = true;
      draw(1);
    });
  }, []);
  // When the list changes, the other messages are not drawn again.
  const view = useMemo(
    () => isDrawn.current && <MessageView session={session} message={message} />,
    [session, message, isDrawn.current],
  );
  const classes = ['message-place', ...(isTarget ? ['target'] : []), ...(isDrawn.current ? [] : ['waiting'])];
  return (
    <div class={classes.join(' ')} data-message={message.id} tabIndex={-1}>
      {view}
    </div>
  );
}
