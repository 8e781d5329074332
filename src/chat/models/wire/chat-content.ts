import { type Fields, fieldsOf, firstText, isFields, listOf, textOf } from './fields.ts';

/** The text of a delta: a string, or a list of parts as Mistral sends it. */
export function contentOf(delta: Fields): string {
  const { content } = delta;
  if (!isFields(content) && !Array.isArray(content)) return textOf(content);
  const parts = isFields(content) ? [content] : listOf(content);
  return parts.map((part) => (isReasoning(part) ? '' : textOfPart(part))).join('');
}

/**
 * The reasoning of a delta. Servers name its field in many ways, and may send several of them with the same text, some
 * of them empty: the first one with a text is read.
 */
export function reasoningOf(delta: Fields): string {
  const own = firstText(delta['reasoning_content'], delta['reasoning'], delta['thinking']);
  if (own !== '') return own;
  const parts = [...listOf(delta['reasoning_details']), ...listOf(delta['content']).filter(isReasoning)];
  return parts.map(textOfPart).join('');
}

function isReasoning(part: unknown): boolean {
  return /thinking|reasoning/.test(textOf(fieldsOf(part)['type']));
}

/** The text of a part: Mistral nests it once more in `thinking`. Encrypted reasoning has none. */
function textOfPart(part: unknown): string {
  if (typeof part === 'string') return part;
  const { text, thinking, summary, reasoning } = fieldsOf(part);
  return firstText(text, thinking, summary, reasoning) || listOf(thinking).map(textOfPart).join('');
}
