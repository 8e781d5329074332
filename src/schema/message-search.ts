import { ownerOf } from './access/access.ts';
import { builder } from './builder.ts';
import { idOf } from './id-argument.ts';
import { storedText } from './input-checks.ts';
import { MessageRef } from './message.ts';
import { sessionOf } from './paging/rows.ts';
import { type HitEdge, pageOfHits } from './paging/search-page.ts';
import { relayOptions } from './relay-options.ts';
import { SessionRef } from './session.ts';

const MessageHitEdge = builder.edgeObject({
  type: MessageRef,
  name: 'MessageHitEdge',
  description: 'A message that a search has found, with its cursor.',
  fields: (t) => ({
    snippet: t.string({
      description:
        'The part of the message that has the words, about 180 characters on one line, as HTML. Each found word is in `<mark>`, and there is no other markup: the characters `&`, `<`, `>`, `"` and `\'` of the message are written as `&amp;`, `&lt;`, `&gt;`, `&quot;` and `&#39;`. `…` stands where the message goes on.',
      resolve: (edge) => (edge as unknown as HitEdge).snippet,
    }),
    session: t.field({
      type: SessionRef,
      description: 'The session of the message.',
      resolve: (edge, _args, context) => sessionOf(context, (edge as unknown as HitEdge).sessionId),
    }),
  }),
});

const MessageHitConnection = builder.connectionObject(
  {
    type: MessageRef,
    name: 'MessageHitConnection',
    description: 'A page of messages that a search has found.',
  },
  MessageHitEdge,
);

builder.queryField('searchMessages', (t) =>
  t.field({
    type: MessageHitConnection,
    authScopes: (_root, { sessionId }) => (sessionId == null ? { user: true } : { session: sessionId }),
    description:
      'Messages with all words of a query, in the sessions of the viewer (for an admin: in all sessions). The newest fifty come first, the best of them at the top, then the fifty before them, and so on: whole words are better than beginnings, words in the order of the query better than others, and words that come often better than those that come once. A word of three letters or more also finds words that begin with it. Case and accents do not matter. Chinese, Japanese, Korean and other scripts without spaces are found by any characters that stand together. Only the first 100,000 characters of a message are searched, and no reasoning or tool calls; an answer is found when it has ended. A query without letters and digits finds nothing. A page may end early when the words are so common, or so much alike, that 2,000 messages or 10 million characters were compared. Messages from before an upgrade are added in the background. Errors: NOT_FOUND for a session of somebody else.',
    args: {
      query: t.arg.string({
        required: true,
        validate: storedText(200),
        description: 'The words, at most 200 characters. No character has a special meaning.',
      }),
      sessionId: t.arg
        .id({ description: 'Only messages of this session. Default: of all sessions.' })
        .validate(idOf(SessionRef).nullish()),
      first: t.arg.int({
        description:
          'How many messages to return from the start, or after `after`: at most `MAX_PAGE_SIZE` (default: 100). Default: 20.',
      }),
      after: t.arg.string({ ...relayOptions.afterArgOptions }),
    },
    resolve: (_root, { query, sessionId, first, after }, context) =>
      pageOfHits(
        context,
        { text: query, userId: ownerOf(context), sessionId: sessionId ?? undefined },
        { first, after },
      ),
  }),
);
