import type { MarkedToken, Tokens } from 'marked';
import { CodeBlock } from './code-block.tsx';
import { Inline } from './inline.tsx';

/** A block of Markdown. HTML is shown as text, because a model may write hostile HTML. */
export function Block({ token }: { token: MarkedToken }) {
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
      return <Heading token={token} />;
    case 'blockquote':
      return (
        <blockquote>
          <BlockList tokens={token.tokens as MarkedToken[]} />
        </blockquote>
      );
    case 'list':
      return <List token={token} />;
    case 'table':
      return <Table token={token} />;
    case 'paragraph':
      return (
        <p>
          <Inline tokens={token.tokens} />
        </p>
      );
    case 'html':
      return <p class="raw">{token.raw}</p>;
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
function Heading({ token }: { token: Tokens.Heading }) {
  const Tag = (['h3', 'h4', 'h5', 'h6'] as const)[Math.min(token.depth, 4) - 1] ?? 'h6';
  return (
    <Tag>
      <Inline tokens={token.tokens} />
    </Tag>
  );
}

function List({ token }: { token: Tokens.List }) {
  const items = token.items.map((item, index) => (
    <li key={index} class={item.task ? 'task' : undefined}>
      {item.task && <input type="checkbox" checked={item.checked === true} disabled aria-label="Done" />}
      <BlockList tokens={item.tokens as MarkedToken[]} />
    </li>
  ));
  if (!token.ordered) return <ul>{items}</ul>;
  return <ol start={token.start === '' ? undefined : token.start}>{items}</ol>;
}

function Table({ token }: { token: Tokens.Table }) {
  const classOf = (index: number) => token.align[index] ?? undefined;
  return (
    <div class="table">
      <table>
        <thead>
          <tr>
            {token.header.map((cell, index) => (
              <th key={index} scope="col" class={classOf(index)}>
                <Inline tokens={cell.tokens} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {token.rows.map((row, rowIndex) => (
            <tr key={rowIndex}>
              {row.map((cell, index) => (
                <td key={index} class={classOf(index)}>
                  <Inline tokens={cell.tokens} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
