import type { MarkedToken, Token } from 'marked';
import type { ComponentChildren } from 'preact';
import { resolveEntities } from '../../base/html-entities.ts';
import { CodeText } from './code-text.tsx';
import { safeHref } from './safe-link.ts';

/** The inline parts of a block. HTML is shown as text, and an image as a link, so that the page loads nothing. */
export function Inline({ tokens }: { tokens: readonly Token[] | undefined }) {
  return (
    <>
      {(tokens as MarkedToken[] | undefined)?.map((token, index) => (
        <Part key={index} token={token} />
      ))}
    </>
  );
}

function Part({ token }: { token: MarkedToken }) {
  switch (token.type) {
    case 'strong':
      return (
        <strong>
          <Inline tokens={token.tokens} />
        </strong>
      );
    case 'em':
      return (
        <em>
          <Inline tokens={token.tokens} />
        </em>
      );
    case 'del':
      return (
        <del>
          <Inline tokens={token.tokens} />
        </del>
      );
    case 'codespan':
      return <CodeText code={token.text} />;
    case 'br':
      return <br />;
    case 'link':
      return (
        <Link href={token.href} title={token.title}>
          <Inline tokens={token.tokens} />
        </Link>
      );
    case 'image':
      return (
        <Link href={token.href} title={token.title}>
          {token.text || token.href}
        </Link>
      );
    case 'text':
      return token.tokens ? <Inline tokens={token.tokens} /> : resolveEntities(token.text);
    case 'escape':
      return token.text;
    case 'checkbox':
      return null;
    default:
      return token.raw;
  }
}

interface LinkProps {
  href: string;
  title: string | null | undefined;
  children: ComponentChildren;
}

function Link({ href, title, children }: LinkProps) {
  const safe = safeHref(href);
  if (safe === undefined) return <>{children}</>;
  return (
    <a href={safe} title={title ?? undefined} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  );
}
