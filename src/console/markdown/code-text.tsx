import { useMemo } from 'preact/hooks';
import { rightToLeftWords } from './direction.ts';

/** More words than this are shown as one text, because so many elements would block the page. */
const maxWords = 1_000;

/**
 * Code, whose order stays from left to right. Right-to-left words are isolated, because they would otherwise reorder
 * the signs between them: the `"; //` between an Arabic text and an Arabic comment.
 */
export function CodeText({ code }: { code: string }) {
  const pieces = useMemo(() => piecesOf(code), [code]);
  return <code dir="ltr">{pieces}</code>;
}

function piecesOf(code: string) {
  const words = [...code.matchAll(rightToLeftWords)];
  if (words.length === 0 || words.length > maxWords) return code;
  let end = 0;
  const pieces = words.flatMap(({ 0: word, index }) => {
    const before = code.slice(end, index);
    end = index + word.length;
    return [before, <bdi key={index}>{word}</bdi>];
  });
  return [...pieces, code.slice(end)];
}
