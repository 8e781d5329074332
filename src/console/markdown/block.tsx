import type { MarkedToken, Tokens } from 'marked';
import { CodeBlock } from './code-block.tsx';
import { isMixed } from './direction.ts';
import { Inline } from './inline.tsx';

interface BlockProps<T = MarkedToken> {
  token: T;
  /**
   * `auto` for an outermost block: its first letter decides its direction, and so the side of bullets and borders. Blocks
   * within it keep to that side, and the style sheet lets each line of text follow its own letters.
   */
  dir?: 'auto' | undefined;
}

/** A block of Markdown. HTML is shown as text, because a model may write hostile HTML. */
export function Block({ token, dir }: BlockProps) {
  switch (token.type) {
    case 'space':
    case 'def':
    case 'checkbox':
      return null;
    case 'hr':
      return <hr />;
    case 'code':
      return <CodeBlock code={token.text} language={token.lang} />;
    case 'heading':
      return <Heading token={token} dir={dir} />;
    case 'blockquote':
      return (
        <blockquote dir={dir}>
          <BlockList tokens={token.tokens as MarkedToken[]} />
        </blockquote>
      );
    case 'list':
      return <List token={token} dir={dir} />;
    case 'table':
      return <Table token={token} dir={dir} />;
    case 'paragraph':
      return (
        <p dir={dir}>
          <Inline tokens={token.tokens} />
        </p>
      );
    case 'html':
      return (
        <p class="raw" dir={dir}>
          {token.raw}
        </p>
      );
    default:
      return <Inline tokens={[token]} />;
  }
}

function BlockList({ tokens }: { tokens: readonly MarkedToken[] }) {
  return (
    <>
      {tokens.map((token, index) => (
        <Block key={index} token={token} />
      ))}
    </>
  );
}

/** Level 1 of Markdown becomes `h3`, because `h1` and `h2` are headings of the page itself. */
function Heading({ token, dir }: BlockProps<Tokens.Heading>) {
  const Tag = (['h3', 'h4', 'h5', 'h6'] as const)[Math.min(token.depth, 4) - 1] ?? 'h6';
  return (
    <Tag dir={dir}>
      <Inline tokens={token.tokens} />
    </Tag>
  );
}

function List({ token, dir }: BlockProps<Tokens.List>) {
  const items = token.items.map((item, index) => (
    <li key={index} class={classOf(item)}>
      {item.task && <input type="checkbox" checked={item.checked === true} disabled aria-label="Done" />}
      <BlockList tokens={item.tokens as MarkedToken[]} />
    </li>
  ));
  if (!token.ordered) return <ul dir={dir}>{items}</ul>;
  return (
    <ol dir={dir} start={token.start === '' ? undefined : token.start}>
      {items}
    </ol>
  );
}

/** An item such as `React: …` in an Arabic list has the direction of the list, although its first letter is Latin. */
function classOf({ task, text }: Tokens.ListItem): string | undefined {
  const [firstLine = ''] = text.split('\n', 1);
  return [task && 'task', isMixed(firstLine) && 'mixed'].filter(Boolean).join(' ') || undefined;
}

function Table({ token, dir }: BlockProps<Tokens.Table>) {
  const alignmentOf = (index: number) => token.align[index] ?? undefined;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: keyboard users can scroll only an element that takes the focus
    <section class="table" dir={dir} aria-label="Table" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {token.header.map((cell, index) => (
              <th key={index} scope="col" class={alignmentOf(index)}>
                <Inline tokens={cell.tokens} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {token.rows.map((row, rowIndex) => (
            <tr key={rowIndex}>
              {row.map((cell, index) => (
                <td key={index} class={alignmentOf(index)}>
                  <Inline tokens={cell.tokens} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
