import { createHash } from 'node:crypto';
import { cutText } from '../../base/cut-text.ts';

/**
 * A tool's name as every provider takes it: 1 to 64 of the characters `a-z A-Z 0-9 _ -`, and a letter or `_` first,
 * which only Google asks for. Models invent other names, and a history with one is refused.
 */
export function wireName(name: string): string {
  const allowed = name.replaceAll(/[^\w-]/g, '_');
  const named = allowed.replace(/^(?![a-z_])/i, '_');
  return allowed === '' ? 'tool' : cutText(named, 64);
}

/** An id as every provider but Mistral takes it, or one of Kimi, whose chat template reads the name and number in it. */
const ownId = /^(?:[\w-]{1,64}|functions\.[\w-]{1,64}:\d{1,9})$/;

/** Gives the tool calls of one request ids that its model accepts and that are unique within the request. */
export class CallIds {
  readonly #used = new Set<string>();

  /**
   * Keeps the provider's own id when the call goes back to the model that made it. Any other call gets nine letters and
   * digits, which all providers accept: Mistral takes nothing else, Anthropic refuses `functions.read:0` and repeated
   * ids. The id depends on the call alone, so that prompt caches stay valid.
   */
  next(callId: string, { answerId, isOwn }: { answerId: number; isOwn: boolean }): string {
    let id = callId;
    const isUsable = isOwn && ownId.test(callId) && !this.#used.has(callId);
    for (let copy = 0; copy === 0 ? !isUsable : this.#used.has(id); copy += 1) {
      id = nineCharacters(`${answerId}:${callId}:${copy}`);
      if (!this.#used.has(id)) break;
    }
    this.#used.add(id);
    return id;
  }
}

/** Nine characters of `0-9 a-z`: 46 bits of a hash. */
export function nineCharacters(text: string): string {
  const hash = createHash('sha256').update(text).digest().readBigUInt64BE();
  return (hash % 36n ** 9n).toString(36).padStart(9, '0');
}
