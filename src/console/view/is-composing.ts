/** The key code of a key press that an input method handles (UI Events, appendix A.2.1). */
const handledByInputMethod = 229;

/**
 * Whether a key belongs to an input method, with which people write Japanese or Chinese: its Enter accepts a word and
 * must not send. Safari ends the composition before it reports the key, so there `isComposing` is already false.
 */
export function isComposing({ isComposing, keyCode }: KeyboardEvent): boolean {
  return isComposing || keyCode === handledByInputMethod;
}
