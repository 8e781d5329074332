/**
 * Puts marks around a text that a model shall take for data. The text cannot end the data: the closing mark is taken out of
 * it, and what then reads as one, because the text was written around it, gets another beginning.
 *
 * @param closing Begins with `<`, and has no round bracket.
 */
export function enclose(text: string, opening: string, closing: string): string {
  const inside = text.replaceAll(closing, '').replaceAll(closing, `(${closing.slice(1)}`);
  return [opening, inside, closing].join('\n');
}
