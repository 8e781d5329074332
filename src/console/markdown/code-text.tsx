import { useMemo } from 'preact/hooks';
import type { Highlighted } from '../highlight/use-highlight.ts';
import { rightToLeftWords } from './direction.ts';

/** More words than this are shown as one text, because so many elements would block the page. */
const maxWords = 1_000;

interface CodeTextProps {
  code: string;
  /** The beginning of the code in its colours. What is behind it is plain. */
  highlighted?: Highlighted | undefined;
}

/**
 * Code, whose order stays from left to right. Right-to-left words are isolated, because they would otherwise reorder
 * the signs between them: the `"; //` between an Arabic text and an Arabic comment.
 */
export function CodeText({ code, highlighted }: CodeTextProps) {
  // The coloured pieces stay the same elements while the code grows, so that they are not drawn again.
  const coloured = useMemo(() => highlighted && colouredPiecesOf(highlighted), [highlighted]);
  const rest = code.slice(highlighted?.code.length ?? 0);
  const pieces = useMemo(() => piecesOf(rest), [rest]);
  return (
    <code dir="ltr">
      {coloured}
      {pieces}
    </code>
  );
}

function colouredPiecesOf({ code, marks }: Highlighted) {
  let end = 0;
  return marks.map(([length, kind], index) => {
    const text = code.slice(end, end + length);
    end += length;
    const pieces = piecesOf(text);
    if (kind === undefined) return pieces;
    return (
      <span key={index} class={`code-${kind}`}>
        {pieces}
      </span>
    );
  });
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
