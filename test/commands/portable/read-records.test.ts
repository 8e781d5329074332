import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readRecords } from '../../../src/commands/portable/read-records.ts';
import { longestLine } from '../../../src/commands/portable/records.ts';
import {
  answer,
  attachment,
  exportOf,
  header,
  type Line,
  message,
  run,
  session,
  sessionEnd,
  step,
  toolCall,
  writeExport,
} from '../../support/files/exported-lines.ts';
import { openTemporaryFolder, type TemporaryFolder } from '../../support/files/temporary-folder.ts';

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await openTemporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

async function typesIn(lines: readonly (Line | string | Buffer)[]): Promise<string[]> {
  await writeExport(folder.path, lines);
  const types = [];
  for await (const { record } of readRecords(join(folder.path, 'sessions.jsonl'))) types.push(record.type);
  return types;
}

const good = [session(), message(1, null), answer(2, 1), toolCall(2), step(2), run(1, 1, 2)];
const end = sessionEnd(2, 2, { runs: 1 });
/** The good session with one line in place of another, which is counted from 0, or behind it. */
const instead = (index: number, ...lines: Line[]) => exportOf([...good, end].toSpliced(index, 1, ...lines));

describe('the lines of an export', () => {
  test('they are read in their order, however they are cut into pieces', async () => {
    const types = ['session', 'message', 'message', 'toolCall', 'step', 'run', 'sessionEnd', 'end'];
    expect(await typesIn(exportOf([...good, end]))).toEqual(types);
    const long = message(1, null, { content: '好'.repeat(300_000) });
    expect(await typesIn(instead(1, long))).toEqual(types);
    expect(await typesIn([header(), { type: 'end', sessions: 0 }])).toEqual(['end']);
  });

  test('a later minor version may have further fields and types of lines, which are left out', async () => {
    const later = [header({ version: '1.7', more: 1 }), session({ mood: 'good' }), { type: 'poll', x: [] }];
    const read = typesIn([
      ...later,
      message(1, null, { more: {} }),
      sessionEnd(1, 1),
      { type: 'end', sessions: 1 },
    ]);
    expect(await read).toEqual(['session', 'message', 'sessionEnd', 'end']);
  });

  test.each<[string, (Line | string | Buffer)[]]>([
    [
      '1: version: expected 1.x instead of 2.0; another version of this program reads it',
      [header({ version: '2.0' })],
    ],
    ['1: format: expected "switchyard.sessions"', [header({ format: 'other' })]],
    [
      '1: type: expected "export"; format: expected "switchyard.sessions"; version: expected string, received undefined',
      [session()],
    ],
    ['1: expected valid JSON', ['no json\n']],
    ['1: expected a JSON object', ['3\n']],
    ['1: expected a line of the type "end"; the file was cut off', []],
    ['2: expected a line of the type "end"; the file was cut off', [header()]],
    ['2: expected a line break at the end of the line; the file was cut off', [header(), '{"type":"en']],
    [
      '2: type: expected one of session, message, toolCall, step, summary, run, sessionEnd, end',
      [header(), { type: '__proto__' }],
    ],
    ['2: expected valid UTF-8', [header(), Buffer.from([0x22, 0xc3, 0x28, 0x22, 10])]],
    ['2: expected JSON of at most 200 levels', [header(), `${'['.repeat(201)}${']'.repeat(201)}\n`]],
    ['2: expected JSON with fewer values', [header(), `[${'1,'.repeat(1_000_001)}1]\n`]],
    ['2: expected no field "mood"', exportOf([session({ mood: 'good' }), sessionEnd(null, 0)])],
    ['2: userId: expected some text', exportOf([session({ userId: '' }), sessionEnd(null, 0)])],
    [
      '2: createdAt: expected a time in UTC: "2026-03-31T12:00:00.000Z"',
      exportOf([session({ createdAt: 'yesterday' })]),
    ],
    ['2: contextTokens: expected number to be <=2147483647', exportOf([session({ contextTokens: 2 ** 31 })])],
    [
      '2: contextTokens: expected number, received string',
      [
        header(),
        `${JSON.stringify(session()).replace('"contextTokens":0', '"contextTokens":99999999999999999999')}\n`,
      ],
    ],
    ['2: title: expected well-formed Unicode without NUL', exportOf([session({ title: 'a\0b' })])],
    ['2: title: expected well-formed Unicode without NUL', exportOf([session({ title: '\ud800' })])],
    ['2: tags: expected each tag once', exportOf([session({ tags: ['a', 'a'] })])],
    [
      '2: settings.temperature: expected number to be <=2',
      exportOf([session({ settings: { temperature: 3 } })]),
    ],
    [
      '2: metadata: expected at most 65536 bytes',
      exportOf([session({ metadata: { x: 'x'.repeat(70_000) } })]),
    ],
    ['2: usage: expected each model once', exportOf([session({ usage: [1, 2].map(() => usage) })])],
    ['2: type: expected "session" or "end"', exportOf([message(1, null)])],
    ['3: type: expected "sessionEnd" before the next "session"', exportOf([session(), session()])],
    ['3: type: expected "sessionEnd" before "end"', exportOf([session()])],
    [
      '4: origin: expected a session that is not in the file already',
      exportOf([session(), sessionEnd(null, 0), session()]),
    ],
    [
      '4: sessions: expected 1, which are in the file',
      [header(), session(), sessionEnd(null, 0), { type: 'end', sessions: 2 }],
    ],
    [
      '3: expected no line behind that of the type "end"',
      [header(), { type: 'end', sessions: 0 }, session()],
    ],
    ['4: parent: expected null, or the id of an earlier message of the session', instead(2, answer(2, 2))],
    ['3: parent: expected null, or the id of an earlier message of the session', instead(1, message(1, 2))],
    ['4: id: expected a number above 1', instead(2, answer(1, 1))],
    [
      '3: attachments: expected none for an answer',
      instead(1, answer(1, null, { attachments: [attachment('a'.repeat(64), 1)] })),
    ],
    [
      '3: attachments.0.sha256: expected a SHA-256 in hexadecimal, in small letters',
      instead(1, message(1, null, { attachments: [attachment('../../etc/passwd', 1)] })),
    ],
    [
      '3: attachments.0.filename: expected the name of a file, without folders and control characters, of at most 255 bytes',
      instead(
        1,
        message(1, null, { attachments: [attachment('a'.repeat(64), 1, { filename: '../../.bashrc' })] }),
      ),
    ],
    [
      '3: attachments.0.mimeType: expected one of "image/png"',
      instead(
        1,
        message(1, null, { attachments: [attachment('a'.repeat(64), 1, { mimeType: 'text/html' })] }),
      ),
    ],
    [
      '3: status: expected COMPLETE or CANCELLED for a prompt',
      instead(1, message(1, null, { status: 'FAILED' })),
    ],
    [
      '4: joined: expected null for an answer',
      instead(2, answer(2, 1, { joined: { ...joined, answer: 1 } })),
    ],
    [
      '5: joined.answer: expected the id of an earlier answer of the session',
      exportOf([
        session(),
        message(1, null),
        answer(2, 1),
        message(3, 2, { joined: { ...joined, answer: 1 } }),
      ]),
    ],
    ['5: message: expected the id of the message that the line follows', instead(3, toolCall(1))],
    ['6: callId: expected each only once for a message', instead(3, toolCall(2), toolCall(2))],
    [
      '6: parts.0.type: expected "text", "reasoning" or "call"',
      instead(4, step(2, { parts: [{ type: 'image' }] })),
    ],
    ['7: answer: expected the id of an answer of the session', instead(5, run(1, 1, 1))],
    ['8: answer: expected an answer that no other run has', instead(5, run(1, 1, 2), run(2, 1, 2))],
    [
      '7: joinedRun: expected the id of an earlier run of the session',
      instead(5, run(1, 1, 2, { joinedRun: 1, joinedSeq: 4 })),
    ],
    [
      '8: type: expected the messages of the session before its runs',
      instead(5, run(1, 1, 2), message(3, 2)),
    ],
    ['8: head: expected the id of a message of the session', instead(6, sessionEnd(3, 2, { runs: 1 }))],
    ['8: messages: expected 2, which are in the file', instead(6, sessionEnd(2, 3, { runs: 1 }))],
    ['8: runs: expected 1, which are in the file', instead(6, sessionEnd(2, 2))],
  ])('what is wrong is named: %s', async (problem, lines) => {
    await expect(typesIn(lines)).rejects.toThrow(`sessions.jsonl:${problem}`);
  });

  test('a line that never ends is refused before it fills the memory', async () => {
    await writeExport(folder.path, [header()]);
    const path = join(folder.path, 'sessions.jsonl');
    // The file is sparse: a gigabyte of zeros that takes up no room.
    await truncate(path, 2 ** 30);
    let read = 0;
    const { rss } = process.memoryUsage();
    const reading = (async () => {
      for await (const _ of readRecords(path)) read += 1;
    })();
    await expect(reading).rejects.toThrow(
      `sessions.jsonl:2: expected a line of at most ${longestLine} bytes.`,
    );
    expect(read).toBe(0);
    expect(process.memoryUsage().rss - rss).toBeLessThan(4 * longestLine);
  });
});

const usage = {
  ...{ providerName: 'p', modelName: 'm', measured: true, inputTokens: 1, outputTokens: 1 },
  ...{ reasoningTokens: 0, cachedInputTokens: 0, cacheWriteInputTokens: 0 },
};
const joined = { step: 1, textOffset: 0, reasoningOffset: 0, callsBefore: 0 };
