import { withLongIntegers } from '../../base/long-integers.ts';
import { commentLine } from '../../sse/frame.ts';

/** What Yoga writes at the start of an event stream and every 12 seconds. */
const yogaComment = ':\n\n';

/**
 * Encodes each piece that Yoga writes to an event stream. Removes the empty line behind Yoga's comments, which some clients
 * take for an empty message (see `commentLine`), and writes long integers as numbers.
 */
export class StreamEncoder extends TextEncoder {
  override encode(piece?: string) {
    return super.encode(piece === yogaComment ? commentLine : withLongIntegers(piece ?? ''));
  }
}
