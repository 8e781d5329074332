import type { ErrorReport } from './error-report.ts';
import type { Fields } from './fields.ts';
import type { Characters, MoreText } from './text-shortcut.ts';

/** What an object of a response says. */
export interface WireReading {
  /** Values for the package. None where the object carries nothing. */
  values: object[];
  /** The characters of text and reasoning in the values. Default: not counted. */
  characters?: Characters;
  /**
   * What the values say, if that is only more of the text or the reasoning that the values before them have begun or
   * continued. Then it need not go through the package. A format that sets it for a type of text counts the characters of that type in all values.
   */
  more?: MoreText | undefined;
  /** The failure that the object reports, after the values. */
  failure?: ErrorReport | undefined;
  /** Whether the object is the last one of the response, even where the body stays open. Default: false. */
  isLast?: boolean;
}

/**
 * Reads one response in the wire format of a provider as leniently as it can, and repeats it in the strict form that
 * the provider's package accepts. One object serves one response.
 */
export interface WireFormat {
  /**
   * Reads one JSON object of the response.
   *
   * @param event The name of its server-sent event, if it has one.
   */
  read(value: Fields, event: string | undefined): WireReading;
  /** Whether a part of an answer was read: an object without one in place of the stream is no answer. */
  readonly hasAnswer: boolean;
  /** Whether the provider has said that its answer is whole. A response that ends before is cut. */
  readonly isFinished: boolean;
  /** Whether the answer is whole if the body ends here as it should, and is not broken off. Default: `isFinished`. */
  readonly isWholeAtEnd?: boolean;
  /**
   * Called when the answer is whole: at `[DONE]`, at the end of a JSON document, and at the end of a response that is
   * finished. Returns the end that the package waits for.
   */
  finish(): object[];
  /** The value with which the package reports a failure in the middle of a response. */
  failure(report: ErrorReport): object;
}
