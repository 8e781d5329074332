/** What the fragment of the page's address names. */
export interface Address {
  /** An empty text stands for a new session. */
  readonly sessionId: string;
  /** A message to show. Undefined: the newest ones. */
  readonly messageId: string | undefined;
}

/** The fragment of the page's address that opens a session, at a message; without ids, a new session. */
export function hashOf(sessionId: string | undefined, messageId?: string): string {
  if (sessionId === undefined) return '#';
  const ids = messageId === undefined ? [sessionId] : [sessionId, messageId];
  return `#${ids.map(encodeURIComponent).join('/')}`;
}

/** The inverse of `hashOf`. */
export function addressOf(hash: string): Address {
  const [sessionId = '', messageId] = hash.slice(1).split('/', 2).map(decode);
  return { sessionId, messageId };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
