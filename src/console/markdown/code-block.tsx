import { CopyButton } from '../controls/copy-button.tsx';

export function CodeBlock({ code, language }: { code: string; language: string | undefined }) {
  return (
    <figure class="code">
      <figcaption>
        <span>{language || 'text'}</span>
        <CopyButton text={code} />
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: keyboard users can scroll only an element that takes the focus */}
      <pre tabIndex={0}>
        <code>{code}</code>
      </pre>
    </figure>
  );
}
