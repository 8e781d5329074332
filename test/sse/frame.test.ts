import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { expect, test } from 'vitest';
import { commentLine, formatFrame } from '../../src/sse/frame.ts';

function parse(text: string): EventSourceMessage[] {
  const events: EventSourceMessage[] = [];
  createParser({ onEvent: (event) => void events.push(event) }).feed(text);
  return events;
}

test('a frame has id, event and data', () => {
  expect(formatFrame({ id: '7:1', event: 'next', data: '{}' })).toBe('id: 7:1\nevent: next\ndata: {}\n\n');
  expect(formatFrame({ data: '{}' })).toBe('data: {}\n\n');
});

test('line breaks of any kind in the data arrive as line breaks and cannot forge another event', () => {
  const data = 'a\nb\r\nc\rd\n\nevent: complete\ndata: forged\n\n';
  expect(parse(formatFrame({ data }))).toEqual([
    expect.objectContaining({ data: data.replaceAll(/\r\n|\r/g, '\n') }),
  ]);
});

test('an id or an event name with a line break is refused', () => {
  expect(() => formatFrame({ id: '1\ndata: forged', data: '' })).toThrow(TypeError);
  expect(() => formatFrame({ event: 'next\r', data: '' })).toThrow(TypeError);
});

test('a frame with empty data is still an event', () => {
  expect(parse(formatFrame({ event: 'complete', data: '' }))).toEqual([
    expect.objectContaining({ event: 'complete', data: '' }),
  ]);
});

test('a heartbeat is not an event', () => {
  expect(parse(commentLine)).toEqual([]);
});
