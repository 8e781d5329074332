import { expect, test } from 'vitest';
import { readLines } from '../../../src/sync/file-tools/read-lines.ts';
import type { OpenFile } from '../../../src/sync/file-tools/tool-folder.ts';
import { longestTurn, measured } from '../../support/gateway/longest-turn.ts';

const mebibytes = 4;
const bytes = Buffer.alloc(mebibytes * 1_048_576, '\n');
/** As a gateway has a file that it reads for a node: in memory, so that reading gives nobody else a turn. */
const file = {
  async read(target: Buffer, offset: number, length: number, position: number) {
    return { buffer: target, bytesRead: bytes.copy(target, offset, position, position + length) };
  },
} as unknown as OpenFile;

test.each([
  [4_000_000, { count: 3, bytes: Buffer.from('\n\n\n'), isEnd: false }],
  [Number.MAX_SAFE_INTEGER, undefined],
])(
  'of four million lines, those from line %d on are found in a short turn',
  measured,
  async (startLine, found) => {
    const stop = new AbortController().signal;
    let lines: unknown;
    const turnMs = await longestTurn(async () => {
      lines = await readLines(file, { startLine, maxLines: 3, maxBytes: 1_000, stop });
    });
    expect(lines).toEqual(found);
    // A search for each line end took 300 to 800 ms.
    expect(turnMs).toBeLessThan(100);
  },
);
