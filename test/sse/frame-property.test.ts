import { createParser, type EventSourceMessage } from 'eventsource-parser';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commentLine, type Frame, formatFrame } from '../../src/sse/frame.ts';

const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\n', '\r', '\r\n', ':', ' ', 'data', '\u2028', '\ufeff'),
    fc.string({ unit: 'binary', maxLength: 3 }),
  ),
});
const line = fc.string({ unit: 'binary', minLength: 1 }).filter((value) => !/[\r\n\0]/.test(value));
const frame = fc.record({ id: line, event: line, data: text });

/** The events that a client reads from a stream that arrives in pieces of these sizes, which repeat. */
function parse(stream: string, sizes: number[]): EventSourceMessage[] {
  const events: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => void events.push(event) });
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const bytes = Buffer.from(stream);
  for (let at = 0, piece = 0; at < bytes.length; piece += 1) {
    const size = sizes[piece % sizes.length] ?? 1;
    parser.feed(decoder.decode(bytes.subarray(at, at + size), { stream: true }));
    at += size;
  }
  return events;
}

test('frames are parsed as they were written, with heartbeats between them and cut at any byte', () => {
  const pieces = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });
  fc.assert(
    fc.property(fc.array(frame), pieces, (frames, sizes) => {
      const stream = frames.map((one) => `${commentLine}${formatFrame(one)}`).join('');
      expect(parse(stream, sizes)).toEqual(
        frames.map(({ data, ...rest }) => ({ ...rest, data: data.replaceAll(/\r\n|\r/g, '\n') })),
      );
    }),
  );
});

test('an id or an event name cannot add lines to its frame', () => {
  const field = fc.constantFrom<keyof Frame>('id', 'event');
  const value = fc.string({ unit: fc.constantFrom('a', '\n', '\r', '\0', ': ', 'data') });
  fc.assert(
    fc.property(field, value, text, (name, given, data) => {
      const write = () => formatFrame({ data, [name]: given });
      if (/[\r\n\0]/.test(given)) expect(write).toThrow(TypeError);
      else expect(parse(write(), [7])).toHaveLength(1);
    }),
  );
});
