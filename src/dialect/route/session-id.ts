import { encodeId, maxId } from '../../base/global-id.ts';

/** The Relay id of the session that a header names: `conv_12` or `12`; undefined if it can be none. */
export function sessionIdOf(text: string): string | undefined {
  const [, digits] = /^(?:conv_)?([1-9]\d{0,9})$/.exec(text.trim()) ?? [];
  return digits === undefined || Number(digits) > maxId ? undefined : encodeId('Session', Number(digits));
}

/** As `sessionIdOf`, but only `conv_12`: a number alone may be a client's own name of a conversation. */
export function namedSession(text: string): string | undefined {
  return text.startsWith('conv_') ? sessionIdOf(text) : undefined;
}
