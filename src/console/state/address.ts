/** The fragment of the page's address that opens a session; without an id, a new session. */
export function hashOf(sessionId: string | undefined): string {
  return sessionId === undefined ? '#' : `#${encodeURIComponent(sessionId)}`;
}

/** The inverse of `hashOf`. An empty text stands for a new session. */
export function sessionIdOf(hash: string): string {
  try {
    return decodeURIComponent(hash.slice(1));
  } catch {
    return hash.slice(1);
  }
}
