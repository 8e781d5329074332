import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chat, collect } from '../../support/gateway/chat.ts';
import { startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import { text } from '../../support/model/turn.ts';

const shared = shareScriptedGateway();

interface Hit {
  cursor: string;
  snippet: string;
  node: { content: string; role: string };
  session: { id: string };
}

const query = `query ($query: String!, $sessionId: ID, $first: Int, $after: String) {
  searchMessages(query: $query, sessionId: $sessionId, first: $first, after: $after) {
    edges { cursor snippet node { content role } session { id } } pageInfo { hasNextPage endCursor }
  }
}`;

/** Adds all messages to the index, so that a test does not only compare new ones. */
async function settle(): Promise<void> {
  const { searchBacklog } = shared().services;
  searchBacklog.start();
  await searchBacklog.settled();
}

async function search(words: string, variables: object = {}): Promise<Hit[]> {
  const { searchMessages } = await shared().query(query, { query: words, ...variables });
  return searchMessages.edges;
}

async function contents(words: string, variables: object = {}): Promise<string[]> {
  return (await search(words, variables)).map(({ node }) => node.content);
}

/** Sends prompts, each with an answer. */
async function talk(sessionId: string, turns: [prompt: string, answer: string][]): Promise<void> {
  const gateway = shared();
  for (const [prompt, answer] of turns) {
    gateway.model.script([text(answer)]);
    await collect(chat(gateway.client(), { sessionId, prompt }));
  }
}

describe('searchMessages', () => {
  test('prompts and answers are found by words, beginnings of words and characters, in any case and accent', async () => {
    const sessionId = await shared().createSession();
    await talk(sessionId, [
      ['How do I deploy Kubernetes?', 'Use a manifest: kubectl apply -f <file>.'],
      ['Où est le café crème?', 'Straße nach Žižkov, bitte.'],
      ['東京の天気はどうですか', '明日は晴れです。서울은 비가 옵니다'],
      ['x = 42; y_z = fooBar(3.14)', 'ok go'],
    ]);
    await settle();
    const found = (words: string) => contents(words, { sessionId });

    expect(await found('kubernetes')).toEqual(['How do I deploy Kubernetes?']);
    expect(await found('KUBER')).toEqual(['How do I deploy Kubernetes?']);
    expect(await found('deploy how')).toEqual(['How do I deploy Kubernetes?']);
    expect(await found('deploy file')).toEqual([]);
    expect(await found('cafe CREME')).toEqual(['Où est le café crème?']);
    expect(await found('café')).toEqual(['Où est le café crème?']);
    expect(await found('zizk')).toEqual(['Straße nach Žižkov, bitte.']);
    expect(await found('天気')).toEqual(['東京の天気はどうですか']);
    expect(await found('京')).toEqual(['東京の天気はどうですか']);
    expect(await found('気天')).toEqual([]);
    expect(await found('서울')).toEqual(['明日は晴れです。서울은 비가 옵니다']);
    expect(await found('ｶﾌｪ')).toEqual([]);
    expect(await found('42')).toEqual(['x = 42; y_z = fooBar(3.14)']);
    expect(await found('foob')).toEqual(['x = 42; y_z = fooBar(3.14)']);
    expect(await found('go')).toEqual(['ok go']);
    expect(await found('g')).toEqual([]);
    expect(await found('?! …')).toEqual([]);
    expect(await found('')).toEqual([]);
  });

  test('snippets mark the words, and escape everything that a message could be markup with', async () => {
    const sessionId = await shared().createSession();
    const hostile = '</mark><script>alert("x")</script> & \'quoted\' <mark>needle</mark> &lt;b&gt;';
    await talk(sessionId, [
      [`${'before '.repeat(40)}\n\n${hostile} ${'after '.repeat(60)}`, 'fine'],
      ['the needle 🧵 in 東京の天気', 'also fine'],
    ]);
    const [second, first] = (await search('needle', { sessionId })).map(({ snippet }) => snippet);
    expect(second).toBe('the <mark>needle</mark> 🧵 in 東京の天気');
    expect(first).toContain('&quot;x&quot;');
    expect(first).toContain('&lt;mark&gt;<mark>needle</mark>&lt;/mark&gt; &amp;lt;b&amp;gt;');
    expect(first?.replaceAll(/<\/?mark>/g, '')).not.toMatch(/[<>"']/);
    expect(first).toMatch(/^….*…$/);
    expect((await search('天気', { sessionId }))[0]?.snippet).toContain('東京の<mark>天気</mark>');
  });

  test('a snippet is text with marks only, whatever a message has', async () => {
    const gateway = shared();
    const parts = [
      '<mark>',
      '</mark>',
      '<b>',
      '&',
      '&amp;',
      '"',
      "'",
      'needle',
      'Needles ',
      ' ',
      '\n',
      '漢字',
      '🧵',
      '\u202E',
      '<!--',
    ];
    const texts = fc.sample(fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength: 60 }), {
      numRuns: 25,
      seed: 3,
    });
    const sessionId = await gateway.createSession();
    await talk(
      sessionId,
      texts.map((each) => [`needle ${each.join('')}`, 'ok']),
    );
    for (const { snippet, node } of await search('needle', { sessionId, first: 100 })) {
      const bare = snippet.replaceAll(/<mark>([^<>]*)<\/mark>/g, '$1');
      expect(bare).not.toMatch(/[<>"']/);
      const plain = bare
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&quot;', '"')
        .replaceAll('&#39;', "'")
        .replaceAll('&amp;', '&')
        .replaceAll('…', '');
      expect(node.content.replaceAll(/\s+/g, ' ')).toContain(plain.trim());
    }
  });

  test('whole words in order come first among the newest, and pages continue where they ended', async () => {
    const sessionId = await shared().createSession();
    const turns = Array.from({ length: 130 }, (_, index): [string, string] => [
      index === 100 ? 'exact blue whale here' : `whale number ${index} of the bluest sea`,
      'ok',
    ]);
    await talk(sessionId, turns);
    await settle();
    const all = (await search('blue whale', { sessionId, first: 100 })).concat(
      await search('blue whale', {
        sessionId,
        first: 100,
        after: (await search('blue whale', { sessionId, first: 100 })).at(-1)?.cursor,
      }),
    );
    expect(all[0]?.node.content).toBe('exact blue whale here');
    expect(new Set(all.map(({ node }) => node.content)).size).toBe(130);

    const paged: string[] = [];
    let after: string | undefined;
    for (;;) {
      const { searchMessages } = await shared().query(query, {
        query: 'blue whale',
        sessionId,
        first: 7,
        after,
      });
      paged.push(...searchMessages.edges.map(({ node }: Hit) => node.content));
      if (paged.length === 14) await talk(sessionId, [['a newer blue whale', 'ok']]);
      if (!searchMessages.pageInfo.hasNextPage) break;
      after = searchMessages.pageInfo.endCursor;
    }
    expect(paged).toEqual(all.map(({ node }) => node.content));
  });

  test('messages that were cleared, or deleted with their session, are not found', async () => {
    const gateway = shared();
    const cleared = await gateway.createSession();
    const deleted = await gateway.createSession();
    const kept = await gateway.createSession();
    for (const id of [cleared, deleted, kept])
      await talk(id, [['the ephemeral pangolin', 'pangolin indeed']]);
    expect(await contents('pangolin')).toHaveLength(6);
    await settle();
    expect(await contents('pangolin')).toHaveLength(6);

    await gateway.query('mutation ($id: ID!) { clearHistory(sessionId: $id) { id } }', { id: cleared });
    await gateway.query('mutation ($id: ID!) { deleteSession(id: $id) { databaseId } }', { id: deleted });
    const hits = await search('pangolin');
    expect(new Set(hits.map(({ session }) => session.id))).toEqual(new Set([kept]));

    await talk(cleared, [['a pangolin again', 'yes']]);
    expect(await contents('pangolin', { sessionId: cleared })).toEqual(['a pangolin again']);
  });

  test('whatever a query has, it is answered at once and without an error', async () => {
    const sessionId = await shared().createSession();
    await talk(sessionId, [['NOT AND OR NEAR( "a* ^terms : {1,2} -x %_\\', 'ok']]);
    const parts = [
      'NOT',
      'AND ',
      ' OR ',
      'NEAR(',
      '"',
      '""',
      "'",
      '*',
      '^',
      ':',
      '{',
      '}',
      '(',
      ')',
      '-',
      '+',
      '%',
      '_',
      '\\',
      'a',
      'terms:',
      '漢',
      'é',
      'e\u0301',
      '\u200D',
      '🧵',
      '\u202E',
      ';--',
      '$1',
      '?',
      '&',
      '|',
      '!',
      '<->',
      ' ',
    ];
    await settle();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...parts), { maxLength: 30 }), async (words) => {
        const { errors } = await shared().graphql(query, { query: words.join('').slice(0, 200) });
        expect(errors).toBeUndefined();
      }),
      { numRuns: 150 },
    );
    expect(await contents('near( "a*', { sessionId })).toHaveLength(1);
  });

  test.each([
    [{ query: 'x'.repeat(201) }, 'query: expected at most 200 characters'],
    [{ query: 'a\0b' }, 'query: expected well-formed Unicode without NUL'],
    [{ query: 'a', first: 101 }, 'first: expected 0 to 100, got 101.'],
    [
      { query: 'a', after: 'bm9uZQ' },
      'after: not a cursor that this API has given out for this list and order.',
    ],
  ])('a search that is not valid says what was expected (%#)', async (variables, message) => {
    const { errors } = await shared().graphql(query, variables);
    expect(errors).toMatchObject([
      { message: expect.stringContaining(message), extensions: { code: 'BAD_USER_INPUT' } },
    ]);
  });
});

test('messages are found the same before and after they are added to the index', async () => {
  await using gateway = await startScriptedGateway();
  const { database, searchBacklog } = gateway.services;
  const sessionId = await gateway.createSession();
  const number = Number(Buffer.from(sessionId, 'base64').toString().split(':')[1]);
  await database.message.createMany({
    data: Array.from({ length: 70 }, (_, index) => ({
      sessionId: number,
      role: 'USER' as const,
      status: 'COMPLETE' as const,
      content: `an earlier quokka ${index}`,
    })),
  });
  const find = async () =>
    (await gateway.query(query, { query: 'quokka', first: 100 })).searchMessages.edges.map(
      ({ node }: Hit) => node.content,
    );
  const before = await find();
  searchBacklog.start();
  await searchBacklog.settled();
  expect(before).toHaveLength(70);
  expect(await find()).toEqual(before);
});

test('a search gives up after ten million characters', async () => {
  await using gateway = await startScriptedGateway();
  const sessionId = await gateway.createSession();
  const number = Number(Buffer.from(sessionId, 'base64').toString().split(':')[1]);
  const content = 'many words '.repeat(9_000);
  // The newest 128 have ten million characters.
  await gateway.services.database.message.createMany({
    data: Array.from({ length: 200 }, (_, index) => ({
      sessionId: number,
      role: 'USER' as const,
      status: 'COMPLETE' as const,
      content: index < 40 ? `capybara ${content}` : content,
    })),
  });
  const { searchMessages } = await gateway.query(query, { query: 'capybara' });
  expect(searchMessages.edges).toEqual([]);
});
