import { type Fields, fieldsOf, firstText, isFields, listOf, objectsOf, textOf } from './fields.ts';

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
  const own = firstText(...reasoningFields.map((name) => delta[name]));
  if (own !== '') return own;
  const listed = [...reasoningFields, ...reasoningLists].map((name) => delta[name]);
  const parts = [...listed, listOf(delta['content']).filter(isReasoning)];
  for (const each of parts) {
    const text = (isFields(each) ? [each] : listOf(each)).map(textOfPart).join('');
    if (text !== '') return text;
  }
  return '';
}

/** DeepSeek, OpenRouter, Ollama, Copilot. */
const reasoningFields = ['reasoning_content', 'reasoning', 'thinking', 'reasoning_text'];
/** OpenRouter, LiteLLM. */
const reasoningLists = ['reasoning_details', 'thinking_blocks'];

/** The words with which a model refuses: a field of the delta, or a part of its content. */
export function refusalOf(delta: Fields): string {
  const parts = objectsOf(delta['content']).map(({ refusal }) => firstText(refusal));
  return firstText(delta['refusal']) || parts.join('');
}

function isReasoning(part: unknown): boolean {
  return /thinking|reasoning/.test(textOf(fieldsOf(part)['type']));
}

/** The text of a part: Mistral nests it once more in `thinking`. Encrypted reasoning has none. */
function textOfPart(part: unknown): string {
  if (typeof part === 'string') return part;
  const { text, thinking, summary, reasoning, content } = fieldsOf(part);
  return firstText(text, thinking, summary, reasoning, content) || listOf(thinking).map(textOfPart).join('');
}
