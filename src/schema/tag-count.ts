import { z } from 'zod';
import { countTags, type TagCount } from '../storage/statements/tag-counts.ts';
import { ownerOf } from './access/access.ts';
import { builder } from './builder.ts';
import { tagText } from './label-checks.ts';
import { chargeCounted } from './paging/count-rows.ts';
import { ViewerRef } from './viewer.ts';

/** The most tags that are listed at once, and the most sessions that are counted for each. */
const [mostTags, mostCounted] = [200, 1_000];

/** A whole number from 1 to a bound. */
const upTo = (most: number) =>
  z
    .int()
    .min(1, 'expected at least 1')
    .max(most, `expected at most ${most.toLocaleString('en')}`);

const TagCountRef = builder.objectRef<TagCount>('TagCount').implement({
  description: 'A tag, and how many sessions have it.',
  fields: (t) => ({
    tag: t.exposeString('tag', {
      description: 'The tag. `sessions(tag: …)` lists the sessions that have it.',
    }),
    sessionCount: t.exposeInt('sessions', {
      description: 'How many sessions have it that are not archived, counted up to `upTo`.',
    }),
    archivedSessionCount: t.exposeInt('archivedSessions', {
      description: 'How many archived sessions have it, counted up to `upTo`.',
    }),
  }),
});

builder.objectFields(ViewerRef, (t) => ({
  tags: t.field({
    type: [TagCountRef],
    description:
      'The tags of the sessions that the viewer may see, each once: those of `sessions` without a `userId`. They are sorted by their text, as the database compares texts. For more than `first`, ask again with the last tag as `after`.',
    args: {
      first: t.arg.int({
        required: true,
        defaultValue: 100,
        validate: upTo(mostTags),
        description: `How many tags: 1 to ${mostTags}.`,
      }),
      after: t.arg.string({
        validate: tagText,
        description: 'The tag behind which to begin. Default: at the first tag.',
      }),
      upTo: t.arg.int({
        required: true,
        defaultValue: 100,
        validate: upTo(mostCounted),
        description: `Where to stop counting the sessions of a tag: 1 to ${mostCounted.toLocaleString('en')}. A tag with more sessions has \`upTo\` in place of its count.`,
      }),
    },
    resolve: async (_viewer, { first, after, upTo }, context) => {
      const userId = ownerOf(context);
      const { statement, parameters } = countTags({ userId, after: after ?? '', limit: first, upTo });
      const tags = await context.statements.all(statement, parameters);
      const counted = tags.reduce(
        (sum, { sessions, archivedSessions }) => sum + sessions + archivedSessions,
        0,
      );
      chargeCounted(context, tags.length + counted);
      return tags;
    },
  }),
}));
