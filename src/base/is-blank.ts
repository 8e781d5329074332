/**
 * Whether a text has nothing but white space and control characters. Providers refuse such texts. They strip texts in
 * Python, which takes some control characters for white space that JavaScript's `trim` keeps.
 */
export function isBlank(text: string): boolean {
  return /^[\s\p{Cc}]*$/u.test(text);
}
