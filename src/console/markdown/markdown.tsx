import type { MarkedToken } from 'marked';
import { useMemo } from 'preact/hooks';
import { Block } from './block.tsx';
import { PlainBoundary } from './plain-boundary.tsx';
import { useBlocks } from './use-blocks.ts';

/** Shows the text of a model as Markdown. It creates elements and no HTML text, because the text may be hostile. */
export function Markdown({ text }: { text: string }) {
  return (
    <div class="markdown">
      <PlainBoundary text={text}>
        <BlocksOf text={text} />
      </PlainBoundary>
    </div>
  );
}

function BlocksOf({ text }: { text: string }) {
  const { tokens, rest } = useBlocks(text);
  return (
    <>
      {(tokens as readonly MarkedToken[]).map((token, index) => (
        <MemoBlock key={index} token={token} />
      ))}
      {rest !== '' && (
        <p class="raw" dir="auto">
          {rest}
        </p>
      )}
    </>
  );
}

/** Draws a block again only when its token changes. While an answer grows, only its last block does. */
function MemoBlock({ token }: { token: MarkedToken }) {
  return useMemo(() => <Block token={token} dir="auto" />, [token]);
}
