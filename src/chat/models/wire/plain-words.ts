/** The part of a document in which its words are looked for, in characters. */
const searched = 20_000;

/**
 * The first line that people can read of what a provider sent in place of an answer. Of a web page it is the title, or
 * the first text. Undefined where there is none.
 */
export function firstLine(text: string): string | undefined {
  const start = text.slice(0, searched);
  const words = /^\s*<(?:[a-z!]|\?xml)/i.test(start) ? wordsOfPage(start) : start;
  const line = words.split('\n').find((each) => each.trim() !== '');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed
  const plain = line?.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
  return plain === '' ? undefined : plain;
}

function wordsOfPage(page: string): string {
  const title = /<title[^>]{0,200}>([^<]{1,500})/i.exec(page)?.[1]?.trim();
  if (title) return unescaped(title.replace(/\s+/g, ' '));
  const body = page.replace(/<(script|style|head)\b[\s\S]*?(?:<\/\1>|$)/gi, '').replace(/<[^<>]*>/g, '\n');
  return unescaped(body);
}

const entities: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  '#39': "'",
  nbsp: ' ',
};

function unescaped(text: string): string {
  return text.replace(/&(#?\w{2,6});/g, (entity, name: string) => entities[name] ?? entity);
}
