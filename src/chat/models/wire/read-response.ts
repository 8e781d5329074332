import { setTimeout as delay } from 'node:timers/promises';
import { cutText } from '../../../base/cut-text.ts';
import { type ErrorReport, readErrorReport } from './error-report.ts';
import { createEventReader, type WireEvent } from './event-reader.ts';
import type { TextShortcut } from './text-shortcut.ts';
import type { WireFormat } from './wire-format.ts';

export interface ReadResponseOptions {
  format: WireFormat;
  /** Removes from a text what nobody may see, such as the key, which careless servers repeat in their errors. */
  redact: (text: string) => string;
  /** Called for every piece of the response, whatever it contains. */
  onLife: () => void;
  /** Names the kind of a failure that the provider reports in the middle of a response, for its `type`. */
  classify: (report: ErrorReport) => string;
  /**
   * Describes an error with which the body broke off, to be reported after what was read before. Undefined for an
   * error that the reader of the response must get itself.
   */
  describeBreak: (error: unknown) => ErrorReport | undefined;
  /** Takes text that need not go through the package. Default: everything goes through the package. */
  shortcut?: TextShortcut | undefined;
}

/** How long a body may stay open after the answer's end, in milliseconds. A connection is only reused after the end. */
const endGraceMs = 500;
/** Most characters of the body of a refusal that are read for an explanation. */
const longestRefusal = 65_536;

/**
 * Reads the response of a provider in its wire format, and returns one that says the same in the strict form that the
 * provider's package accepts: server-sent events with one JSON object each. The table of quirks is in README.md.
 */
export async function readResponse(response: Response, options: ReadResponseOptions): Promise<Response> {
  if (response.body === null) return response;
  const { status, statusText } = response;
  const headers = new Headers(response.headers);
  if (!response.ok) {
    const text = await response.text().catch(() => '');
    return new Response(cutText(options.redact(text), longestRefusal), { status, statusText, headers });
  }
  headers.set('content-type', 'text/event-stream');
  return new Response(readBody(response.body, options), { status, statusText, headers });
}

function readBody(
  body: ReadableStream<Uint8Array>,
  options: ReadResponseOptions,
): ReadableStream<Uint8Array> {
  const { format, onLife, describeBreak, shortcut } = options;
  const source = body.getReader();
  const answer = createAnswer(options);
  const encoder = new TextEncoder();

  /** Waits for the end of the body. A connection is only reused when its body was read. */
  const readEnd = async () => {
    await Promise.race([source.read(), delay(endGraceMs)]);
    return { value: undefined };
  };
  return new ReadableStream(
    {
      async pull(controller) {
        for (;;) {
          let frames: string;
          let isEnd = false;
          try {
            const { value: piece } = await (answer.isOver ? readEnd() : source.read());
            onLife();
            isEnd = piece === undefined;
            frames = framesOf(piece === undefined ? answer.end() : answer.read(piece));
          } catch (error) {
            const report = describeBreak(error);
            if (report === undefined) return controller.error(error);
            isEnd = true;
            frames = framesOf(format.isFinished ? format.finish() : [format.failure(report)]);
          }
          if (frames !== '') controller.enqueue(encoder.encode(frames));
          if (isEnd) {
            controller.close();
            void source.cancel().catch(() => {});
          }
          if (isEnd || frames !== '') return;
          const taken = shortcut?.untilTaken();
          if (taken) await taken;
        }
      },
      cancel: (reason) => source.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

function framesOf(values: object[]): string {
  let frames = '';
  for (const value of values) frames += `data: ${JSON.stringify(value)}\n\n`;
  return frames;
}

/** Turns the events of a response into values for the package, up to the end of the answer or its failure. */
function createAnswer({ format, redact, classify, shortcut }: ReadResponseOptions) {
  const events = createEventReader();
  let isOver = false;

  const fail = (report: ErrorReport): object[] => {
    isOver = true;
    const { message } = report;
    const signs = `${classify(report)} ${report.signs}`;
    return [format.failure({ message: message === undefined ? undefined : redact(message), signs })];
  };
  const valuesOf = (event: WireEvent): object[] => {
    switch (event.type) {
      case 'value': {
        const reading = format.read(event.value, event.event);
        const { values, failure, isLast = false } = reading;
        isOver ||= isLast;
        if (shortcut && reading.more) {
          shortcut.add(reading.more);
          return [];
        }
        if (reading.characters) shortcut?.give(reading.characters);
        return failure === undefined ? values : [...values, ...fail(failure)];
      }
      case 'done': {
        if (!format.hasAnswer) return fail(noAnswer(events.strayWords));
        isOver = true;
        return format.finish();
      }
      case 'error':
        return fail(readErrorReport(event.words));
      case 'garbage':
        // What is broken behind the finish reason is no piece of the answer.
        return format.isFinished ? [] : fail(noAnswer(undefined));
    }
  };
  const read = (found: WireEvent[]): object[] => {
    const values: object[] = [];
    for (const event of found) if (!isOver) values.push(...valuesOf(event));
    return values;
  };
  return {
    get isOver() {
      return isOver;
    },
    read: (piece: Uint8Array) => read(events.read(piece)),
    end(): object[] {
      if (isOver) return [];
      const values = read(events.end());
      if (isOver) return values;
      if (format.isFinished || format.isWholeAtEnd) return [...values, ...format.finish()];
      if (events.isDocument) {
        return [...values, ...(format.hasAnswer ? format.finish() : fail(noAnswer(events.strayWords)))];
      }
      return [...values, ...fail({ message: events.strayWords, signs: 'provider_stream_cut' })];
    },
  };
}

function noAnswer(words: string | undefined): ErrorReport {
  return { message: words, signs: 'provider_bad_response' };
}
