import { builder } from './builder.ts';

builder.prismaObjectFields('Session', (t) => ({
  archivedAt: t.expose('archivedAt', {
    type: 'DateTime',
    nullable: true,
    description: 'When the session was archived; null if it is not archived. See `archiveSession`.',
  }),
  pinnedAt: t.expose('pinnedAt', {
    type: 'DateTime',
    nullable: true,
    description: 'When the session was pinned; null if it is not pinned. See `pinSession`.',
  }),
  tags: t.stringList({
    description: 'Words that the session is found by, in the order in which they were given.',
    resolve: ({ tags }) => tags as string[],
  }),
  metadata: t.expose('metadata', {
    type: 'JSON',
    nullable: true,
    description: 'The JSON object that the application keeps with the session; null if it keeps nothing.',
  }),
}));
