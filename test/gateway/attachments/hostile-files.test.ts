import { expect, test } from 'vitest';
import { createGif, createJpeg } from '../../support/files/pictures.ts';
import { type FileToUpload, tryUpload } from '../../support/gateway/attachments.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { longestTurn, measured } from '../../support/gateway/longest-turn.ts';
import { shareGateway } from '../../support/gateway/shared-gateway.ts';

const shared = shareGateway(() => startTestGateway());

/** A file that goes on with the same few bytes. */
function endless(head: Uint8Array | string, piece: number[], bytes = 3_000_000): FileToUpload {
  const start = Buffer.from(head);
  return { bytes: new Uint8Array(Buffer.concat([start, Buffer.alloc(bytes, Uint8Array.from(piece))])) };
}

const files: [what: string, file: FileToUpload, status: number][] = [
  ['a recording whose every byte seems to begin a frame', endless('ID3\x04\0\0\0\0\0\0', [0xff]), 200],
  [
    'a recording of empty parts in each other',
    endless(
      Buffer.from('0000001c667479704d344120000000004d344120000000000000000001300000', 'hex'),
      [0, 0, 0, 8, 0x6d, 0x6f, 0x6f, 0x76],
    ),
    200,
  ],
  ['a JPEG of fill bytes', endless(createJpeg().subarray(0, 20), [0xff]), 415],
  ['a JPEG of empty segments', endless(createJpeg().subarray(0, 20), [0xff, 0xe1, 0, 2]), 415],
  ['a GIF of blocks of one byte', endless(createGif().subarray(0, 13), [0x21, 0xf9, 1, 65, 0]), 415],
];

test.each(files)('%s holds the event loop for a short time only', measured, async (_what, file, status) => {
  const sessionId = await shared().createSession();
  let answer: Awaited<ReturnType<typeof tryUpload>> | undefined;
  const turnMs = await longestTurn(async () => {
    answer = await tryUpload(shared(), sessionId, file);
  });
  expect(answer?.status).toBe(status);
  if (status === 200) expect(answer?.data.uploadAttachment.durationSeconds).toBeNull();
  // Turns of the first took ten seconds.
  expect(turnMs).toBeLessThan(150);
});
