import { useMemo } from 'preact/hooks';
import { type VisiblePart, visibleParts } from '../state/visible-text.ts';

/** More parts than this are shown as one text without marks, because so many elements would block the page. */
const maxParts = 2_000;

/** Shows every character of a text from left to right. Invisible characters appear as marked code points. */
export function VisibleText({ text }: { text: string }) {
  const parts = useMemo(() => visibleParts(text), [text]);
  if (parts.length > maxParts) return <bdo dir="ltr">{parts.map((part) => part.text).join('')}</bdo>;
  return <bdi dir="ltr">{parts.map(toElement)}</bdi>;
}

function toElement({ kind, text }: VisiblePart, index: number) {
  if (kind === 'plain') return text;
  if (kind === 'rightToLeft') return <bdi key={index}>{text}</bdi>;
  return (
    <mark key={index} class="invisible" title="Invisible characters">
      {text}
    </mark>
  );
}
