import { cutText } from '../../base/cut-text.ts';
import { GatewayError } from '../../client/errors.ts';
import {
  type ExportedMessageFragment,
  ExportedMessagesDocument,
  ExportedSessionDocument,
} from '../../gql/console/graphql.ts';
import type { Ask } from '../gateway/ask.ts';
import { saveBlob } from '../gateway/save-blob.ts';
import { jsonOf } from './export-json.ts';
import { markdownOf } from './export-markdown.ts';
import type { ExportedSession } from './exported-session.ts';
import { displayedTitle } from './session-title.ts';

/** How many messages are loaded at once. Fewer, if these are too long for one response. */
const pageSize = 50;
/** The longest name of a file without its end, in UTF-16 code units. */
const longestName = 80;
/** How often the messages are loaded anew because another branch was shown meanwhile. */
const mostTries = 3;

/**
 * Saves the shown branch of a session, from its first message to its newest one, as a file of the user.
 *
 * @throws GatewayError, or an error with a sentence for the user.
 */
export async function exportSession(ask: Ask, sessionId: string, form: 'markdown' | 'json'): Promise<void> {
  const { session } = await ask(ExportedSessionDocument, { sessionId });
  if (!session) throw new Error('This session does not exist. It may have been deleted.');
  const messages = await loadBranch(ask, sessionId);
  const [text, type, end] =
    form === 'markdown'
      ? [markdownOf(session, messages), 'text/markdown', 'md']
      : [jsonOf(session, messages), 'application/json', 'json'];
  saveBlob(new Blob([text], { type: `${type};charset=utf-8` }), `${fileNameOf(session)}.${end}`);
}

/** @throws GatewayError, or an error if others go on showing another branch. */
async function loadBranch(
  ask: Ask,
  sessionId: string,
  tries = mostTries,
): Promise<ExportedMessageFragment[]> {
  const messages: ExportedMessageFragment[] = [];
  let after: string | null = null;
  let first = pageSize;
  for (;;) {
    const page = await loadPage(ask, { sessionId, first, after });
    if (page === undefined) {
      first = Math.ceil(first / 2);
      continue;
    }
    const loaded = page.edges.map(({ node }) => node);
    const continues = loaded.length === 0 || (loaded[0]?.parent?.id ?? undefined) === messages.at(-1)?.id;
    if (!continues) {
      if (tries > 1) return loadBranch(ask, sessionId, tries - 1);
      throw new Error('The conversation changed while it was loaded.');
    }
    messages.push(...loaded);
    if (!page.pageInfo.hasNextPage) return messages;
    after = page.pageInfo.endCursor ?? null;
  }
}

/** Undefined if the page is too large for one response. */
async function loadPage(ask: Ask, page: { sessionId: string; first: number; after: string | null }) {
  try {
    const { session } = await ask(ExportedMessagesDocument, page);
    if (!session) throw new Error('This session does not exist. It may have been deleted.');
    return session.messages;
  } catch (error) {
    const isTooLarge = error instanceof GatewayError && error.code === 'QUERY_TOO_COMPLEX';
    if (isTooLarge && page.first > 1) return undefined;
    throw error;
  }
}

/** The title without what a file system may not take. */
export function fileNameOf(session: Pick<ExportedSession, 'title' | 'preview' | 'createdAt'>): string {
  const words = displayedTitle(session)
    .normalize('NFC')
    .replace(/[^\p{L}\p{M}\p{N} _.-]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[. ]+|[. ]+$/g, '');
  return cutText(words, longestName).trim() || 'session';
}
