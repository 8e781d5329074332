/** PostgreSQL stores no U+0000 in a text. The replacement character is as long, so offsets in the text stay right. */
export function withoutNul(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text;
}
