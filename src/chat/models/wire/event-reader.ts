import { createParser, type ParseError } from 'eventsource-parser';
import { type Fields, isFields, parseJson } from './fields.ts';
import { parseWithArguments } from './parse-with-arguments.ts';
import { firstLine } from './plain-words.ts';

/** What one event of a response says. */
export type WireEvent =
  | { type: 'value'; value: Fields; event: string | undefined }
  /** `[DONE]`: the answer is whole. */
  | { type: 'done' }
  /** Words of an event that is named `error` and holds no JSON. */
  | { type: 'error'; words: string }
  /** JSON that is broken. A piece of the answer may be lost with it. */
  | { type: 'garbage' };

export interface EventReader {
  /** Reads the next piece of the response. Returns the events that it completes. */
  read(bytes: Uint8Array): WireEvent[];
  /** Reads the last event, which some servers end without a blank line, or the document in place of a stream. */
  end(): WireEvent[];
  /** Whether the response is one document, such as JSON, and not a stream of events. Known after its first bytes. */
  readonly isDocument: boolean;
  /** Words that are neither an event nor JSON, such as a web page: the last ones that were seen. */
  readonly strayWords: string | undefined;
}

/** A longer document is no answer, and parsing it would hold up all other requests. In characters. */
const longestDocument = 16_777_216;

/**
 * Reads the events of a response: server-sent events, lines of JSON, or one JSON document. Skips what carries nothing:
 * comments, empty `data:`, and data that is neither JSON nor an error.
 */
export function createEventReader(): EventReader {
  const decoder = new TextDecoder();
  let events: WireEvent[] = [];
  let isDocument: boolean | undefined;
  let begin = '';
  let strayWords: string | undefined;

  const readUnparsed = (data: string, event: string | undefined) => {
    if (event === 'error') events.push({ type: 'error', words: data });
    else if (/^\s*[[{]/.test(data)) events.push({ type: 'garbage' });
    else strayWords = firstLine(data) ?? strayWords;
  };
  /** Returns false where the data is no JSON. */
  const readData = (data: string, event: string | undefined): boolean => {
    // Proxies that make an event of every line write the field's name twice.
    const text = data.trim().replace(/^(?:data:\s*)+/i, '');
    if (text === '' || /^"?\[done\]"?$/i.test(text)) {
      if (text !== '') events.push({ type: 'done' });
      return true;
    }
    const value = parseWithArguments(text);
    if (value === undefined) return false;
    const values = Array.isArray(value) ? value : [value];
    for (const each of values) if (isFields(each)) events.push({ type: 'value', value: each, event });
    if (typeof value === 'string') readUnparsed(value, event);
    return true;
  };
  const onEvent = ({ data, event }: { data: string; event?: string | undefined }) => {
    if (readData(data, event)) return;
    // Servers that forget the blank line between two events: every line is JSON by itself.
    const lines = data.split('\n');
    if (lines.length === 1 || parseJson(lines[0] ?? '') === undefined) return readUnparsed(data, event);
    for (const line of lines) if (!readData(line, event)) readUnparsed(line, event);
  };
  const onError = ({ field = '', value = '', line = '' }: ParseError) => {
    // llama.cpp writes `error: {…}` for an event.
    const [data, event] =
      field === 'error'
        ? [value, 'error']
        : [field.trim().toLowerCase() === 'data' ? value : line, undefined];
    if (!readData(data, event)) readUnparsed(data, event);
  };
  const parser = createParser({ onEvent, onError });

  const readDocument = (text: string) => {
    if (readData(text, undefined)) return;
    for (const line of text.split('\n')) if (!readData(line, undefined)) return readUnparsed(text, undefined);
  };
  const feed = (text: string) => {
    if (isDocument === undefined) {
      begin = (begin + text).trimStart();
      if (begin === '') return;
      isDocument = /^[[{"<]/.test(begin);
      if (!isDocument) parser.feed(begin);
    } else if (!isDocument) parser.feed(text);
    else if (begin.length < longestDocument) begin += text;
  };
  const takeEvents = () => {
    const found = events;
    events = [];
    return found;
  };
  return {
    read(bytes) {
      feed(decoder.decode(bytes, { stream: true }));
      return takeEvents();
    },
    end() {
      feed(decoder.decode());
      if (isDocument) readDocument(begin);
      else parser.feed('\n\n');
      return takeEvents();
    },
    get isDocument() {
      return isDocument ?? false;
    },
    get strayWords() {
      return strayWords;
    },
  };
}
