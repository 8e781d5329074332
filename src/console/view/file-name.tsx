import { VisibleText } from '../controls/visible-text.tsx';

/** The name or path of a file. A name may have line breaks, which would look like spaces. */
export function FileName({ text }: { text: string }) {
  return <VisibleText text={text.replaceAll(/[\t\n\r]/g, (found) => escapes[found] ?? found)} />;
}

const escapes: Record<string, string> = { '\t': '⟨U+0009⟩', '\n': '⟨U+000A⟩', '\r': '⟨U+000D⟩' };
