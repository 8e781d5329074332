import type { ExportedMessageFragment } from '../../gql/console/graphql.ts';
import type { ExportedSession } from './exported-session.ts';

/** A session and its messages as JSON: the fields of the GraphQL API, with their names. */
export function jsonOf(session: ExportedSession, messages: readonly ExportedMessageFragment[]): string {
  const exported = {
    format: 'switchyard.session',
    version: 1,
    exportedAt: new Date().toISOString(),
    session,
    messages: messages.map(({ parent, ...message }) => ({ ...message, parentId: parent?.id ?? null })),
  };
  return `${JSON.stringify(exported, null, 2)}\n`;
}
