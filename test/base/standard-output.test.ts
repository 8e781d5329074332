import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLineOutput } from '../../src/base/standard-output.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** An output to a disk or a pipe with `room` bytes. Without room it fails with `code`. */
function createOutput(code: string) {
  const target = { room: 1_000, code, text: '' };
  const output = createLineOutput((bytes) => {
    if (target.room === 0) throw Object.assign(new Error(target.code), { code: target.code });
    const taken = bytes.subarray(0, target.room);
    target.room -= taken.length;
    target.text += taken;
    return taken.length;
  });
  const lost: number[] = [];
  output.onLost = (lines) => void lost.push(lines);
  return { target, output, lost };
}

test.each(['ENOSPC', 'EIO', 'EPIPE', 'EDQUOT'])(
  'lines that fail with %s are lost and counted, and the next line begins on a line of its own',
  (code) => {
    const { target, output, lost } = createOutput(code);
    output.write('one\n');
    target.room = 2;
    for (const line of ['two\n', 'three\n', 'four\n']) output.write(line);
    expect(lost).toEqual([]);
    target.room = 100;
    output.write('five\n');
    output.write('six\n');
    expect(target.text).toBe('one\ntw\nfive\nsix\n');
    expect(lost).toEqual([3]);
  },
);

test('lines wait in their order while a pipe is full', () => {
  const { target, output, lost } = createOutput('EAGAIN');
  target.room = 2;
  output.write('one\n');
  output.write('two\n');
  vi.advanceTimersByTime(1_000);
  expect(target.text).toBe('on');
  target.room = 100;
  output.write('three\n');
  vi.advanceTimersByTime(1_000);
  expect(target.text).toBe('one\ntwo\nthree\n');
  expect(lost).toEqual([]);
});

test('at most 1 MiB waits for the reader of a pipe, and further lines are lost', () => {
  const { target, output, lost } = createOutput('EAGAIN');
  target.room = 0;
  const line = `${'x'.repeat(1_023)}\n`;
  for (let count = 0; count < 1_500; count += 1) output.write(line);
  target.room = Number.POSITIVE_INFINITY;
  vi.advanceTimersByTime(1_000);
  output.write('last\n');
  expect(target.text).toBe(`${line.repeat(1_024)}last\n`);
  expect(lost).toEqual([476]);
});
