import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chat, collect } from '../../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { beginWatch, watch } from '../../support/gateway/watch.ts';
import { globalId } from './seed.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

const settings = 'title providerName modelName systemPrompt featureName userId';

describe('createSession', () => {
  test('createSession needs no values, and its session belongs to the viewer', async () => {
    const { data } = await gateway.graphql(`mutation { createSession(input: {}) { ${settings} } }`);
    expect(data.createSession).toMatchInlineSnapshot(`
      {
        "featureName": "default",
        "modelName": null,
        "providerName": null,
        "systemPrompt": null,
        "title": null,
        "userId": "anonymous",
      }
    `);
  });
});

test('a mutation that fails keeps the results of the others in its document', async () => {
  const { data, errors } = await gateway.graphql(
    `mutation ($gone: ID!) {
      before: createSession(input: { title: "Before" }) { title }
      deleteSession(id: $gone) { deletedSessionId }
      after: createSession(input: { title: "After" }) { title }
    }`,
    { gone: globalId('Session', 999_999) },
  );
  expect(data).toEqual({ before: { title: 'Before' }, deleteSession: null, after: { title: 'After' } });
  expect(errors).toMatchObject([{ path: ['deleteSession'], extensions: { code: 'NOT_FOUND' } }]);
});

describe('updateSession', () => {
  const update = `mutation ($id: ID!, $input: UpdateSessionInput!) {
    updateSession(id: $id, input: $input) { title providerName modelName systemPrompt }
  }`;
  const all = { title: 'Trip', providerName: 'demo', modelName: 'demo-1', systemPrompt: 'Be brief.' };

  test('updateSession keeps settings that are left out, and removes settings that are null', async () => {
    const id = await gateway.createSession(all);

    const untouched = await gateway.graphql(update, { id, input: {} });
    expect(untouched.data.updateSession).toEqual(all);

    const renamed = await gateway.graphql(update, { id, input: { title: 'Tour' } });
    expect(renamed.data.updateSession).toEqual({ ...all, title: 'Tour' });

    const emptied = await gateway.graphql(update, {
      id,
      input: { title: null, providerName: null, modelName: null, systemPrompt: null },
    });
    expect(emptied.data.updateSession).toEqual({
      title: null,
      providerName: null,
      modelName: null,
      systemPrompt: null,
    });
  });
});

describe('deleteSessions', () => {
  const remove = `mutation ($userId: String, $featureName: String) {
    deleteSessions(userId: $userId, featureName: $featureName) { count deletedSessionIds }
  }`;

  test('deleteSessions deletes the sessions of a user in one part of an application, then all others of that user', async () => {
    const notes = await gateway.createSession({ userId: 'alice', featureName: 'notes' });
    const mail = await gateway.createSession({ userId: 'alice', featureName: 'mail' });
    const bobs = await gateway.createSession({ userId: 'bob', featureName: 'notes' });
    await collect(chat(gateway.client(), { sessionId: notes, prompt: 'Hello' }));

    const first = await gateway.graphql(remove, { userId: 'alice', featureName: 'notes' });
    const second = await gateway.graphql(remove, { userId: 'alice' });
    const third = await gateway.graphql(remove, { userId: 'alice' });

    expect([first, second, third].map(({ data }) => data.deleteSessions)).toEqual([
      { count: 1, deletedSessionIds: [notes] },
      { count: 1, deletedSessionIds: [mail] },
      { count: 0, deletedSessionIds: [] },
    ]);
    const left = await gateway.graphql('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
      ids: [notes, mail, bobs],
    });
    expect(left.data.nodes).toEqual([null, null, { id: bobs }]);
    expect(await gateway.services.database.message.count()).toBe(0);
  });

  test('deleteSessions without a user deletes only sessions of the viewer', async () => {
    const mine = await gateway.createSession({ featureName: 'drafts' });
    const carols = await gateway.createSession({ userId: 'carol', featureName: 'drafts' });

    const { data } = await gateway.graphql(remove, { featureName: 'drafts' });

    expect(data.deleteSessions.deletedSessionIds).toEqual([mine]);
    expect((await gateway.graphql(`{ session(id: "${carols}") { id } }`)).data.session).toEqual({
      id: carols,
    });
  });
});

describe('sessions', () => {
  const search = `query ($search: String) {
    sessions(userId: "dave", search: $search) { edges { node { title } } }
  }`;
  const titles = async (text: string) => {
    const { data } = await gateway.graphql(search, { search: text });
    return data.sessions.edges.map(({ node }: { node: { title: string } }) => node.title);
  };

  test('sessions are found by a literal part of their title, in upper or lower case', async () => {
    for (const title of [
      'Trip to Lisbon',
      'Lisbon again',
      '100% done',
      '100 things',
      'under_score',
      'Évora',
    ]) {
      await gateway.createSession({ userId: 'dave', title });
    }
    await gateway.createSession({ userId: 'dave' });
    await gateway.createSession({ userId: 'erin', title: 'Lisbon with erin' });

    expect(await titles('Lisbon')).toEqual(['Lisbon again', 'Trip to Lisbon']);
    expect(await titles('lisbon')).toEqual(['Lisbon again', 'Trip to Lisbon']);
    expect(await titles('100%')).toEqual(['100% done']);
    expect(await titles('r_s')).toEqual(['under_score']);
    expect(await titles('Évo')).toEqual(['Évora']);
    expect(await titles("'; DROP TABLE")).toEqual([]);
  });

  test('a search among many sessions finds exactly the titles that have the text, whatever text it is', async () => {
    // Letters that some foldings of case join (K and the Kelvin sign, S and the long s, I and dotted I), wildcards, and
    // what the language of the search index understands.
    const letters = [...'aAbkK\u212AsſSiIİéÉ語😀\u0001 %_\\"*^:+-(', 'NOT ', 'e\u0301'];
    const text = (minLength: number, maxLength: number) =>
      fc.array(fc.constantFrom(...letters), { minLength, maxLength }).map((parts) => parts.join(''));
    const stored = fc.sample(fc.option(text(0, 8)), { numRuns: 900, seed: 1 });
    await gateway.services.database.session.createMany({
      data: stored.map((title, index) => ({ userId: index % 3 === 0 ? 'grace' : 'frank', title })),
    });
    const franks = stored.filter((title, index) => title !== null && index % 3 !== 0) as string[];
    const fold = (title: string) => title.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
    const query = `query ($search: String) {
      newest: sessions(userId: "frank", search: $search, first: 20) { totalCount(upTo: 1000) edges { node { title } } }
      oldest: sessions(userId: "frank", search: $search, last: 20) { edges { node { title } } }
    }`;
    const shown = ({ edges }: { edges: { node: { title: string } }[] }) =>
      edges.map(({ node }) => node.title);

    await fc.assert(
      fc.asyncProperty(text(1, 5), async (search) => {
        const hits = franks.filter((title) => fold(title).includes(fold(search))).reverse();
        const { data, errors } = await gateway.graphql(query, { search });
        expect(errors).toBeUndefined();
        expect(shown(data.newest)).toEqual(hits.slice(0, 20));
        expect(shown(data.oldest)).toEqual(hits.slice(-20));
        expect(data.newest.totalCount).toBe(hits.length);
      }),
      { numRuns: 30 },
    );
  });

  test('a search finds what a title is now', async () => {
    const [renamed, deleted] = await Promise.all([
      gateway.createSession({ userId: 'frank', title: 'Zebra one' }),
      gateway.createSession({ userId: 'frank', title: 'Zebra two' }),
    ]);
    await gateway.services.database.session.createMany({
      data: Array.from({ length: 300 }, () => ({ userId: 'frank' })),
    });
    const find = async (text: string) => {
      const query =
        'query ($search: String) { sessions(userId: "frank", search: $search) { edges { node { id } } } }';
      const { data } = await gateway.graphql(query, { search: text });
      return data.sessions.edges.map(({ node }: { node: { id: string } }) => node.id).sort();
    };
    expect(await find('zebra')).toEqual([renamed, deleted].sort());

    await gateway.query(
      `mutation ($renamed: ID!, $deleted: ID!) {
        updateSession(id: $renamed, input: { title: "Quagga" }) { id }
        deleteSession(id: $deleted) { __typename }
      }`,
      { renamed, deleted },
    );

    expect([await find('zebra'), await find('QUAGGA')]).toEqual([[], [renamed]]);
  });
});

describe('node', () => {
  test('node finds objects by their ids, and nodes keeps the order of the ids', async () => {
    const session = await gateway.createSession({ title: 'Trip' });
    const seen = await collect(chat(gateway.client(), { sessionId: session, prompt: 'Hello' }));
    const run = seen[0]?.runId;
    const message = seen[0]?.['assistantMessageId'];

    const { data } = await gateway.graphql(
      `query ($ids: [ID!]!, $run: ID!) {
        node(id: $run) { __typename id ... on Run { status } }
        nodes(ids: $ids) { __typename id }
      }`,
      { run, ids: [message, globalId('Session', 2 ** 31 - 1), session, run, session] },
    );

    expect(data).toEqual({
      node: { __typename: 'Run', id: run, status: 'COMPLETED' },
      nodes: [
        { __typename: 'Message', id: message },
        null,
        { __typename: 'Session', id: session },
        { __typename: 'Run', id: run },
        { __typename: 'Session', id: session },
      ],
    });
  });
});

describe('archived, pinned and tagged sessions', () => {
  const labels = 'title tags metadata archivedAt pinnedAt';
  const update = `mutation ($id: ID!, $input: UpdateSessionInput!) { updateSession(id: $id, input: $input) { ${labels} } }`;

  test('tags and metadata are stored as they are given, replaced as a whole, and removed with null', async () => {
    const created = await gateway.graphql(
      `mutation ($input: CreateSessionInput!) { createSession(input: $input) { id ${labels} } }`,
      {
        input: {
          tags: [' work ', '旅行', 'work', 'Work'],
          metadata: { ticket: 4711, nested: { list: [1, null] } },
        },
      },
    );
    const { id, ...shown } = created.data.createSession;
    expect(shown).toEqual({
      title: null,
      tags: ['work', '旅行', 'Work'],
      metadata: { ticket: 4711, nested: { list: [1, null] } },
      archivedAt: null,
      pinnedAt: null,
    });

    const replaced = await gateway.graphql(update, { id, input: { tags: ['home'], metadata: { a: 1 } } });
    expect(replaced.data.updateSession).toMatchObject({ tags: ['home'], metadata: { a: 1 } });
    const untouched = await gateway.graphql(update, { id, input: { title: 'Trip' } });
    expect(untouched.data.updateSession).toMatchObject({ title: 'Trip', tags: ['home'], metadata: { a: 1 } });
    const removed = await gateway.graphql(update, { id, input: { tags: null, metadata: null } });
    expect(removed.data.updateSession).toMatchObject({ tags: [], metadata: null });
  });

  const deep = (levels: number): object => (levels === 1 ? {} : { in: deep(levels - 1) });
  test.each([
    [
      { tags: Array.from({ length: 21 }, (_, index) => `tag ${index}`) },
      'input.tags: expected at most 20 tags',
    ],
    [{ tags: ['x'.repeat(51)] }, 'input.tags.0: expected at most 50 characters'],
    [{ tags: ['  '] }, 'input.tags.0: expected some text'],
    [{ tags: ['a\0'] }, 'input.tags.0: expected well-formed Unicode without NUL'],
    [{ metadata: [1] }, 'input.metadata: expected a JSON object'],
    [{ metadata: 'text' }, 'input.metadata: expected a JSON object'],
    [{ metadata: deep(9) }, 'input.metadata: expected at most 8 levels'],
    [{ metadata: deep(3_000) }, 'input.metadata: expected at most 8 levels'],
    [{ metadata: { text: 'é'.repeat(8_200) } }, 'input.metadata: expected at most 16,384 bytes'],
    [{ metadata: { '\uD800': 1 } }, 'input.metadata: expected well-formed Unicode without NUL'],
  ])('updateSession refuses what exceeds the limits of tags and metadata (%#)', async (input, message) => {
    const id = await gateway.createSession({ title: 'Kept' });
    const { data, errors } = await gateway.graphql(update, { id, input: { title: 'Changed', ...input } });
    expect(data?.updateSession ?? null).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(errors?.[0]?.message).toContain(message);
    const kept = await gateway.graphql('query ($id: ID!) { session(id: $id) { title } }', { id });
    expect(kept.data.session.title).toBe('Kept');
  });

  test('a number of metadata that JavaScript cannot hold is refused, because it would be stored as null', async () => {
    const id = await gateway.createSession();
    const query = `mutation { updateSession(id: "${id}", input: { metadata: { a: [1e400] } }) { id } }`;
    expect((await gateway.graphql(query)).errors).toMatchObject([
      {
        message: 'input.metadata: expected numbers below 1.8e308',
        extensions: { code: 'BAD_USER_INPUT', field: 'input.metadata' },
      },
    ]);
  });

  test('the tags of all sessions are listed with their counts, a page at a time, as sessions get and lose them', async () => {
    const listed = async (args = '') => {
      const query = `{ viewer { tags${args} { tag sessionCount archivedSessionCount } } }`;
      const { data, errors } = await gateway.graphql(query);
      if (errors?.[0]) return errors[0].message;
      const tags: { tag: string; sessionCount: number; archivedSessionCount: number }[] = data.viewer.tags;
      return tags
        .filter(({ tag }) => tag.startsWith('zz'))
        .map(
          ({ tag, sessionCount, archivedSessionCount }) => `${tag} ${sessionCount} ${archivedSessionCount}`,
        );
    };
    const ids: string[] = [];
    for (const tags of [['zz', 'zza'], ['zz'], ['zz', 'zzb'], ['zzc']]) {
      ids.push(await gateway.createSession({ tags }));
    }
    const change = async (id = '', input: object) => {
      const { errors } = await gateway.graphql(update, { id, input });
      expect(errors).toBeUndefined();
    };
    await change(ids[1], { archived: true, pinned: true });
    expect(await listed()).toEqual(['zz 2 1', 'zza 1 0', 'zzb 1 0', 'zzc 1 0']);
    expect(await listed('(after: "zy", first: 2)')).toEqual(['zz 2 1', 'zza 1 0']);
    expect(await listed('(after: "zza", first: 200)')).toEqual(['zzb 1 0', 'zzc 1 0']);
    expect(await listed('(after: "zy", first: 1, upTo: 1)')).toEqual(['zz 1 1']);
    await change(ids[3], { tags: null });
    await gateway.graphql('mutation ($id: ID!) { deleteSession(id: $id) { deletedSessionId } }', {
      id: ids[2],
    });
    expect(await listed()).toEqual(['zz 1 1', 'zza 1 0']);
    for (const [args, message] of [
      ['(first: 0)', 'first: expected at least 1'],
      ['(first: 201)', 'first: expected at most 200'],
      ['(upTo: 1001)', 'upTo: expected at most 1,000'],
      ['(after: " ")', 'after: expected some text'],
    ])
      expect(await listed(args)).toContain(message);
  });

  test('archiving and pinning keep their times, are told as changes, and can be undone', async () => {
    const id = await gateway.createSession({ title: 'Kept' });
    const set = (mutation: string) =>
      gateway.query(`mutation ($id: ID!) { changed: ${mutation} { archivedAt pinnedAt } }`, { id });
    await using seen = watch(gateway, { sessionId: id, after: await beginWatch(gateway, id) });

    const archived = await set('archiveSession(id: $id, archived: true)');
    const again = await set('archiveSession(id: $id, archived: true)');
    const pinned = await set('pinSession(id: $id, pinned: true)');
    const restored = await set('archiveSession(id: $id, archived: false)');
    const unpinned = await set('pinSession(id: $id, pinned: false)');

    const { archivedAt } = archived.changed;
    expect(archivedAt).toEqual(expect.any(String));
    expect(again.changed).toEqual({ archivedAt, pinnedAt: null });
    expect(pinned.changed).toEqual({ archivedAt, pinnedAt: expect.any(String) });
    expect(restored.changed).toEqual({ archivedAt: null, pinnedAt: pinned.changed.pinnedAt });
    expect(unpinned.changed).toEqual({ archivedAt: null, pinnedAt: null });
    const told = await seen.until(5);
    expect(told.map(({ __typename }) => __typename)).toEqual(Array(5).fill('SessionUpdated'));
  });

  test('lists of every filter, order and direction have the sessions that a model of them has', async () => {
    const { database } = gateway.services;
    const random = fc.sample(
      fc.record({
        featureName: fc.constantFrom('one', 'two'),
        tags: fc.subarray(['red', 'green', 'blue']),
        pinned: fc.boolean(),
        archived: fc.boolean(),
        minute: fc.nat(9),
      }),
      { numRuns: 40, seed: 7 },
    );
    const sessions: ((typeof random)[number] & { id: number; at: number })[] = [];
    for (const each of random) {
      const id = await gateway.createSession({
        userId: 'heidi',
        featureName: each.featureName,
        tags: each.tags,
      });
      await gateway.query(
        'mutation ($id: ID!, $input: UpdateSessionInput!) { updateSession(id: $id, input: $input) { id } }',
        { id, input: { pinned: each.pinned, archived: each.archived } },
      );
      const number = Number(Buffer.from(id, 'base64').toString().split(':')[1]);
      const lastActivityAt = new Date(Date.UTC(2030, 0, 1, 0, each.minute));
      await database.session.update({ where: { id: number }, data: { lastActivityAt } });
      sessions.push({ ...each, id: number, at: lastActivityAt.getTime() });
    }
    const gone = sessions.pop();
    await gateway.query('mutation ($id: ID!) { deleteSession(id: $id) { databaseId } }', {
      id: globalId('Session', gone?.id ?? 0),
    });

    const query = `query ($filter: String, $archived: Boolean, $pinned: Boolean, $tag: String, $orderBy: SessionOrder!, $search: String, $first: Int, $after: String, $last: Int, $before: String) {
      sessions(userId: "heidi", featureName: $filter, archived: $archived, pinned: $pinned, tag: $tag, search: $search, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
        totalCount edges { cursor node { databaseId } } pageInfo { hasNextPage hasPreviousPage }
      }
    }`;
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          filter: fc.constantFrom(undefined, 'one'),
          archived: fc.constantFrom(undefined, true, false),
          pinned: fc.constantFrom(undefined, true, false),
          tag: fc.constantFrom(undefined, 'red', 'blue', 'none'),
        }),
        fc.constantFrom('CREATED', 'LAST_ACTIVITY'),
        fc.constantFrom('first', 'last'),
        async (filter, orderBy, end) => {
          const wanted = sessions
            .filter(({ featureName }) => filter.filter === undefined || featureName === filter.filter)
            .filter(({ archived }) => filter.archived === undefined || archived === filter.archived)
            .filter(({ pinned }) => !filter.pinned || pinned)
            .filter(({ tags }) => filter.tag === undefined || tags.includes(filter.tag))
            .sort((a, b) => (orderBy === 'CREATED' ? 0 : b.at - a.at) || b.id - a.id)
            .map(({ id }) => id);
          const found: number[] = [];
          let cursor: string | undefined;
          for (;;) {
            const page = end === 'first' ? { first: 7, after: cursor } : { last: 7, before: cursor };
            const { sessions: list } = await gateway.query(query, { ...filter, orderBy, ...page });
            const ids = list.edges.map(({ node }: { node: { databaseId: number } }) => node.databaseId);
            expect(list.totalCount).toBe(wanted.length);
            if (end === 'first') found.push(...ids);
            else found.unshift(...ids);
            if (!(end === 'first' ? list.pageInfo.hasNextPage : list.pageInfo.hasPreviousPage)) break;
            cursor = end === 'first' ? list.edges.at(-1).cursor : list.edges[0].cursor;
          }
          expect(found).toEqual(wanted);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('a search in titles can be of one tag, of pinned and of archived sessions', async () => {
    for (const [title, input] of [
      ['Kiwi one', { tags: ['fruit'] }],
      ['Kiwi two', { archived: true }],
      ['Kiwi three', { pinned: true, tags: ['fruit', 'bird'] }],
    ] as const) {
      const id = await gateway.createSession({ userId: 'ivan', title });
      await gateway.query(update, { id, input });
    }
    const find = async (filter: string) => {
      const { sessions } = await gateway.query(
        `{ sessions(userId: "ivan", search: "kiwi", ${filter}) { edges { node { title } } } }`,
      );
      return sessions.edges.map(({ node }: { node: { title: string } }) => node.title);
    };
    expect(await find('tag: "fruit"')).toEqual(['Kiwi three', 'Kiwi one']);
    expect(await find('tag: "fruit", pinned: true')).toEqual(['Kiwi three']);
    expect(await find('archived: true')).toEqual(['Kiwi two']);
    expect(await find('archived: false, orderBy: LAST_ACTIVITY')).toEqual(['Kiwi three', 'Kiwi one']);
  });

  test('a prompt moves a tagged session to the beginning of the list of its tag', async () => {
    const first = await gateway.createSession({ userId: 'judy', tags: ['busy'] });
    const second = await gateway.createSession({ userId: 'judy', tags: ['busy'] });
    await collect(chat(gateway.client(), { sessionId: first, prompt: 'Hello' }));
    const { sessions } = await gateway.query(
      '{ sessions(userId: "judy", tag: "busy", orderBy: LAST_ACTIVITY) { edges { node { id } } } }',
    );
    expect(sessions.edges.map(({ node }: { node: { id: string } }) => node.id)).toEqual([first, second]);
  });
});
