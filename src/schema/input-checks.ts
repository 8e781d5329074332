import { wellFormedText } from '../base/well-formed-text.ts';

/** @param most UTF-16 code units. */
export function storedText(most: number) {
  return wellFormedText.max(most, `expected at most ${most.toLocaleString('en')} characters`);
}

/** What somebody or something is called. */
export const nameText = storedText(200).trim().min(1, 'expected some text');
