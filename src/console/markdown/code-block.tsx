import { CopyButton } from '../controls/copy-button.tsx';
import { CodeText } from './code-text.tsx';

export function CodeBlock({ code, language }: { code: string; language: string | undefined }) {
  return (
    <figure class="code" dir="ltr">
      <figcaption>
        <span>{language || 'text'}</span>
        <CopyButton text={code} />
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: keyboard users can scroll only an element that takes the focus */}
      <pre tabIndex={0}>
        <CodeText code={code} />
      </pre>
    </figure>
  );
}
