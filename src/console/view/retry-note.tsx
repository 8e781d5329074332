import { useEffect, useState } from 'preact/hooks';
import type { MessageState } from '../state/message-state.ts';

/** Counts down to the moment at which the gateway asks the model again. */
export function RetryNote({ retry }: { retry: NonNullable<MessageState['retry']> }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.ceil((retry.at - now) / 1_000);
  return (
    <>
      {seconds > 0 ? `Waiting to try again in ${seconds} s.` : 'Trying again.'} {retry.reason}
    </>
  );
}
