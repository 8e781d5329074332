import { describe, expect, test } from 'vitest';
import { createPdf, createPng } from '../../support/files/pictures.ts';
import { attachmentFields, upload } from '../../support/gateway/attachments.ts';
import { fileForm, memo, uploadByRest } from '../../support/gateway/audio-upload.ts';
import { chat, collect } from '../../support/gateway/chat.ts';
import { createStatementLog } from '../../support/gateway/query-count.ts';
import type { ScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { shareModelGateway } from '../../support/gateway/shared-gateway.ts';
import { status, text } from '../../support/model/turn.ts';

const png = createPng({ width: 300, height: 150 });
const pdf = createPdf();

async function ask(
  gateway: ScriptedGateway,
  sessionId: string,
  prompt: string,
  attachmentIds: string[] = [],
) {
  gateway.model.script([text('Seen.')]);
  const input = { sessionId, prompt, attachmentIds };
  return (await collect(chat(gateway.client(), input))).at(-1);
}

/** The messages of the newest request, as the provider's format has them. */
function newestMessages({ model }: ScriptedGateway) {
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
  const body = model.requests.at(-1)?.body as any;
  return body.messages ?? body.contents ?? body.input;
}

async function messagesOf(gateway: ScriptedGateway, sessionId: string) {
  const query = `query ($id: ID!) { session(id: $id) {
    tokenUsage { contextTokens measured } messages(first: 50) { edges { node { id databaseId content attachments { ${attachmentFields} } } } }
  } }`;
  const { session } = await gateway.query(query, { id: sessionId });
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
  return session.messages.edges.map(({ node }: any) => node);
}

const image = { bytes: png, filename: 'chart.png' };
const base64 = png.toString('base64');
const pdfBase64 = pdf.toString('base64');

describe.each([
  [
    'openai',
    [
      { type: 'image_url', image_url: { url: `data:image/png;base64,${base64}` } },
      { type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${pdfBase64}` } },
    ],
    (words: string) => ({ type: 'text', text: words }),
  ],
  [
    'openai-responses',
    [
      { type: 'input_image', image_url: `data:image/png;base64,${base64}` },
      { type: 'input_file', filename: 'a.pdf', file_data: `data:application/pdf;base64,${pdfBase64}` },
    ],
    (words: string) => ({ type: 'input_text', text: words }),
  ],
  [
    'anthropic',
    [
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: base64 } },
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: pdfBase64 } },
    ],
    (words: string) => ({ type: 'text', text: words }),
  ],
  [
    'google',
    [
      { inlineData: { mimeType: 'image/png', data: base64 } },
      { inlineData: { mimeType: 'application/pdf', data: pdfBase64 } },
    ],
    (words: string) => ({ text: words }),
  ],
] as const)('in the wire format %s', (format, files, textPart) => {
  const shared = shareModelGateway(format);

  test('files go before the text of their prompt, and again with the history', async () => {
    const gateway = shared();
    const sessionId = await gateway.createSession();
    const one = await upload(gateway, sessionId, image);
    const two = await upload(gateway, sessionId, { bytes: pdf, filename: 'a.pdf' });
    const notes = await upload(gateway, sessionId, { bytes: 'Buy <milk>.\n', filename: 'my notes.md' });
    await ask(gateway, sessionId, 'What is it?', [one.id, two.id, notes.id]);
    const words = '<file name="my notes.md">\nBuy <milk>.\n\n</file>\n\nWhat is it?';
    const content = (message: { content?: unknown; parts?: unknown }) => message.content ?? message.parts;
    const expected = [
      ...files.map((file) => expect.objectContaining(file)),
      expect.objectContaining(textPart(words)),
    ];
    expect(content(newestMessages(gateway)[0])).toEqual(expected);

    await ask(gateway, sessionId, 'And now?');
    const messages = newestMessages(gateway);
    expect(content(messages[0])).toEqual(expected);
    expect(messages).toHaveLength(3);

    // Files need no words. Anthropic refuses a blank text.
    await ask(gateway, sessionId, ' ', [one.id]);
    expect(content(newestMessages(gateway)[4])).toEqual([expect.objectContaining(files[0])]);
  });
});

describe('with a model of an OpenAI-compatible server', () => {
  const settings = { MAX_ATTACHMENTS: '3', MAX_SENT_ATTACHMENT_BYTES: '3000' };
  const shared = shareModelGateway('openai', { settings });

  test('a prompt has its attachments, and its session counts their tokens', async () => {
    const gateway = shared();
    const sessionId = await gateway.createSession();
    const large = await upload(gateway, sessionId, { bytes: createPng({ width: 1568, height: 1568 }) });
    const note = await upload(gateway, sessionId, { bytes: 'Hello there' });
    expect(large.tokenCount).toBe(3_279);
    gateway.model.script([status(400, { error: { message: 'no' } })]);
    await collect(chat(gateway.client(), { sessionId, prompt: 'Look', attachmentIds: [note.id, large.id] }));
    const [prompt, answer] = await messagesOf(gateway, sessionId);
    expect(prompt.attachments).toEqual([note, large]);
    expect(answer.attachments).toEqual([]);
    const usage = 'query ($id: ID!) { session(id: $id) { tokenUsage { contextTokens } } }';
    const { session } = await gateway.query(usage, { id: sessionId });
    expect(session.tokenUsage.contextTokens).toBeGreaterThan(3_279);
    expect(session.tokenUsage.contextTokens).toBeLessThan(3_400);
  });

  test('a prompt of text files alone is a single text, which every server takes', async () => {
    const gateway = shared();
    const sessionId = await gateway.createSession();
    const note = await upload(gateway, sessionId, { bytes: '\ufeffHello', filename: 'a.txt' });
    await ask(gateway, sessionId, 'Read', [note.id]);
    expect(newestMessages(gateway)).toEqual([
      { role: 'user', content: '<file name="a.txt">\nHello\n</file>\n\nRead' },
    ]);
  });

  test('a session that begins with a file and no words is named by the file, and a prompt with neither is refused', async () => {
    const gateway = shared();
    const sessionId = await gateway.createSession();
    const note = await upload(gateway, sessionId, { bytes: 'Hello', filename: 'a.txt' });
    const blank = gateway.send({ sessionId, prompt: ' \n' });
    await expect(blank).rejects.toThrow('input.prompt: expected some text');
    expect(await ask(gateway, sessionId, '', [note.id])).toMatchObject({ __typename: 'RunCompleted' });
    const { session } = await gateway.query('query ($id: ID!) { session(id: $id) { preview } }', {
      id: sessionId,
    });
    expect(session.preview).toBe('a.txt');
  });

  test('an attachment of an earlier prompt is copied, and stays when that prompt is named again', async () => {
    const gateway = shared();
    const sessionId = await gateway.createSession();
    const one = await upload(gateway, sessionId, image);
    await ask(gateway, sessionId, 'First', [one.id]);
    await ask(gateway, sessionId, 'Second', [one.id]);
    const [first, , second] = await messagesOf(gateway, sessionId);
    expect(first.attachments[0].id).toBe(one.id);
    expect(second.attachments).toEqual([
      { ...one, id: expect.any(String), databaseId: expect.any(Number), url: expect.any(String) },
    ]);
    expect(second.attachments[0].id).not.toBe(one.id);
    const { storedBytes } = await gateway.services.database.session.findFirstOrThrow({
      orderBy: { id: 'desc' },
    });
    expect(Number(storedBytes)).toBe(2 * png.length + 'FirstSeen.SecondSeen.'.length);
    const remove = 'mutation ($id: ID!) { deleteAttachment(id: $id) { databaseId } }';
    expect((await gateway.graphql(remove, { id: one.id })).errors?.[0]?.extensions['code']).toBe('CONFLICT');
  });

  test('a repeated request names the same attachments in the same order', async () => {
    const gateway = shared();
    const sessionId = await gateway.createSession();
    const [a, b] = [
      await upload(gateway, sessionId, image),
      await upload(gateway, sessionId, { bytes: 'b' }),
    ];
    gateway.model.otherwise(() => [text('Seen.')]);
    const input = { sessionId, prompt: 'Look', requestId: 'r1', onBusy: 'ENQUEUE' as const };
    const runId = await gateway.send({ ...input, attachmentIds: [a.id, b.id] });
    expect(await gateway.send({ ...input, attachmentIds: [a.id, b.id] })).toBe(runId);
    for (const attachmentIds of [[b.id, a.id], [a.id], []]) {
      await expect(gateway.send({ ...input, attachmentIds })).rejects.toMatchObject({
        code: 'REQUEST_ID_REUSED',
      });
    }
    // Named again in a new prompt, they are copies. The repetition still names those that the client named.
    const again = await gateway.send({ ...input, requestId: 'r2', attachmentIds: [a.id] });
    expect(await gateway.send({ ...input, requestId: 'r2', attachmentIds: [a.id] })).toBe(again);
  });

  test.each([
    [
      'of another session',
      'NOT_FOUND',
      async (gateway: ScriptedGateway) => {
        const other = await gateway.createSession();
        return [(await upload(gateway, other, image)).id];
      },
    ],
    ['that do not exist', 'NOT_FOUND', async () => [Buffer.from('Attachment:99999').toString('base64')]],
    ['with the id of something else', 'BAD_USER_INPUT', async (_: unknown, sessionId: string) => [sessionId]],
    [
      'that are named twice',
      'BAD_USER_INPUT',
      async (gateway: ScriptedGateway, sessionId: string) => {
        const { id } = await upload(gateway, sessionId, image);
        return [id, id];
      },
    ],
    [
      'that are too many',
      'BAD_USER_INPUT',
      async (gateway: ScriptedGateway, sessionId: string) => {
        const ids: string[] = [];
        for (const bytes of ['a', 'b', 'c', 'd']) ids.push((await upload(gateway, sessionId, { bytes })).id);
        return ids;
      },
    ],
    [
      'that are too large together',
      'PAYLOAD_TOO_LARGE',
      async (gateway: ScriptedGateway, sessionId: string) => {
        const ids: string[] = [];
        for (const letter of ['a', 'b'])
          ids.push((await upload(gateway, sessionId, { bytes: letter.repeat(1_600) })).id);
        return ids;
      },
    ],
  ])('attachments %s are refused, and nothing is sent', async (_what, code, name) => {
    const gateway = shared();
    const sessionId = await gateway.createSession();
    const attachmentIds = await name(gateway, sessionId);
    const before = gateway.model.requests.length;
    await expect(gateway.send({ sessionId, prompt: 'Look', attachmentIds })).rejects.toMatchObject({ code });
    expect(gateway.model.requests).toHaveLength(before);
    expect(await messagesOf(gateway, sessionId)).toEqual([]);
  });

  test('when the attachments of a conversation do not fit into a request, the oldest are left out', async () => {
    const gateway = shared();
    const sessionId = await gateway.createSession();
    for (const name of ['a', 'b', 'c']) {
      const file = await upload(gateway, sessionId, { bytes: name.repeat(1_400), filename: name });
      await ask(gateway, sessionId, `This is ${name}`, [file.id]);
    }
    const prompts = newestMessages(gateway).filter(({ role }: { role: string }) => role === 'user');
    expect(prompts.map(({ content }: { content: string }) => content.slice(0, 60))).toEqual([
      '(The file "a" is not shown any more, because newer files fil',
      `<file name="b">\n${'b'.repeat(44)}`,
      `<file name="c">\n${'c'.repeat(44)}`,
    ]);
  });

  test('a server that refuses images answers further prompts without them, and a new image is refused at once', async () => {
    const gateway = shared();
    const sessionId = await gateway.createSession({ modelName: 'blind' });
    const one = await upload(gateway, sessionId, image);
    const two = await upload(gateway, sessionId, image);
    const refusal = status(400, { error: { message: 'blind is not a multimodal model' } });
    gateway.model.script([refusal]);
    const failed = await collect(
      chat(gateway.client(), { sessionId, prompt: 'Look', attachmentIds: [one.id] }),
    );
    expect(failed.at(-1)).toMatchObject({
      code: 'PROVIDER_REJECTED',
      reason: expect.stringContaining('multimodal'),
    });

    await ask(gateway, sessionId, 'Without it, then');
    expect(newestMessages(gateway)[0].content).toBe(
      '(The file "chart.png" is not shown, because this model takes no image/png.)\n\nLook',
    );
    const before = gateway.model.requests.length;
    await expect(gateway.send({ sessionId, prompt: 'Look', attachmentIds: [two.id] })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'input.attachmentIds',
      message: expect.stringContaining(
        'openai-compatible/blind takes no image/png, and "chart.png" is such a file',
      ),
    });
    expect(gateway.model.requests).toHaveLength(before);
  });

  test('after a change to a model that takes no GIF and no sound, sentences stand for old ones', async () => {
    const gateway = shared();
    const sessionId = await gateway.createSession();
    const sound = await upload(gateway, sessionId, { bytes: memo.subarray(0, 2_000), filename: 'memo.wav' });
    await ask(gateway, sessionId, 'Listen', [sound.id]);
    expect(newestMessages(gateway)[0].content[0]).toMatchObject({
      type: 'input_audio',
      input_audio: { format: 'wav' },
    });

    gateway.model.script([text('Yes.')]);
    const claude = { sessionId, prompt: 'Well?', providerName: 'anthropic', modelName: 'claude-haiku-4-5' };
    await collect(chat(gateway.client(), claude));
    expect(newestMessages(gateway)[0].content[0].text).toBe(
      '(The file "memo.wav" is not shown, because this model takes no audio/wav.)\n\nListen',
    );
    const refused = gateway.send({ ...claude, attachmentIds: [sound.id] });
    await expect(refused).rejects.toMatchObject({ code: 'BAD_USER_INPUT', field: 'input.attachmentIds' });
    const { models } = await gateway.query('{ models { providerName inputTypes } }');
    expect(models).toContainEqual({ providerName: 'anthropic', inputTypes: ['TEXT', 'IMAGE', 'PDF'] });
    expect(models).toContainEqual({ providerName: 'google', inputTypes: ['TEXT', 'IMAGE', 'PDF', 'AUDIO'] });
    expect(models).toContainEqual({ providerName: 'demo', inputTypes: ['TEXT', 'IMAGE', 'PDF', 'AUDIO'] });
  });

  test('a file whose bytes are lost does not end the conversation', async () => {
    const gateway = shared();
    const sessionId = await gateway.createSession();
    const one = await upload(gateway, sessionId, {
      bytes: createPng({ color: [9, 9, 9] }),
      filename: 'gone.png',
    });
    await gateway.services.blobs.store.delete(one.sha256);
    await ask(gateway, sessionId, 'Look', [one.id]);
    expect(newestMessages(gateway)[0].content).toBe('(The file "gone.png" is lost.)\n\nLook');
  });

  test('the recording of a message becomes an attachment of a later prompt', async () => {
    const gateway = shared();
    const sessionId = await gateway.createSession();
    await ask(gateway, sessionId, 'Hello');
    const [{ id, databaseId }] = await messagesOf(gateway, sessionId);
    const attach = `mutation ($id: ID!) { attachMessageAudio(messageId: $id) { ${attachmentFields} } }`;
    expect((await gateway.graphql(attach, { id })).errors?.[0]?.extensions['code']).toBe('BAD_USER_INPUT');
    const short = memo.subarray(0, 2_000);
    await uploadByRest(gateway, databaseId, fileForm(short));
    const { attachMessageAudio } = await gateway.query(attach, { id });
    expect(attachMessageAudio).toMatchObject({ type: 'AUDIO', filename: 'memo.wav', size: 2_000 });
    // The bytes are shared, and stay when the recording is deleted.
    await gateway.query('mutation ($id: ID!) { deleteMessageAudio(messageId: $id) { id } }', { id });
    await ask(gateway, sessionId, 'Listen', [attachMessageAudio.id]);
    expect(newestMessages(gateway).at(-1).content[0].input_audio.data).toBe(short.toString('base64'));
  });

  test('attachments are deleted with the history, and those that wait to be sent stay', async () => {
    const gateway = shared();
    const sessionId = await gateway.createSession();
    const sent = await upload(gateway, sessionId, { bytes: createPng({ color: [4, 5, 6] }) });
    const waiting = await upload(gateway, sessionId, { bytes: 'waiting' });
    await ask(gateway, sessionId, 'Look', [sent.id]);
    await gateway.query('mutation ($id: ID!) { clearHistory(sessionId: $id) { id } }', { id: sessionId });
    const { database, blobs } = gateway.services;
    expect(await database.attachment.count({ where: { sha256: sent.sha256 } })).toBe(0);
    expect(await blobs.store.size(sent.sha256)).toBeNull();
    expect(await blobs.store.size(waiting.sha256)).toBe(7);
    const { storedBytes } = await database.session.findFirstOrThrow({ orderBy: { id: 'desc' } });
    expect(Number(storedBytes)).toBe(7);
    await expect(gateway.send({ sessionId, prompt: 'Look', attachmentIds: [sent.id] })).rejects.toMatchObject(
      {
        code: 'NOT_FOUND',
      },
    );
    await ask(gateway, sessionId, 'Again', [waiting.id]);
    expect((await messagesOf(gateway, sessionId))[0].attachments).toHaveLength(1);
  });

  test('a page of messages with attachments costs one statement more than one without, however many there are', async () => {
    const gateway = shared();
    const log = createStatementLog(gateway.services);
    const sessions: string[] = [];
    for (const count of [0, 1, 3]) {
      const sessionId = await gateway.createSession();
      sessions.push(sessionId);
      for (let turn = 0; turn < Math.max(count, 1); turn += 1) {
        const ids: string[] = [];
        for (let file = 0; file < count; file += 1)
          ids.push((await upload(gateway, sessionId, { bytes: 'x' })).id);
        await ask(gateway, sessionId, 'Look', ids);
      }
    }
    const counts: number[] = [];
    for (const sessionId of sessions) {
      counts.push((await log.during(() => messagesOf(gateway, sessionId))).length);
    }
    expect(counts).toEqual([counts[0], (counts[0] ?? 0) + 1, (counts[0] ?? 0) + 1]);
  });
});
