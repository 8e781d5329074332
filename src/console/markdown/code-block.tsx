import { useRef } from 'preact/hooks';
import { CopyButton } from '../controls/copy-button.tsx';
import { useHighlight } from '../highlight/use-highlight.ts';
import { CodeText } from './code-text.tsx';

export function CodeBlock({ code, language }: { code: string; language: string | undefined }) {
  const place = useRef<HTMLPreElement>(null);
  const highlighted = useHighlight(code, language, place);
  return (
    <figure class="code" dir="ltr">
      <figcaption>
        <span class="cut">{language || 'text'}</span>
        <CopyButton text={code} label="Copy the code" />
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: keyboard users can scroll only an element that takes the focus */}
      <pre tabIndex={0} ref={place}>
        <CodeText code={code} highlighted={highlighted} />
      </pre>
    </figure>
  );
}
