import type { MarkedToken } from 'marked';
import { useMemo, useRef } from 'preact/hooks';
import { Block } from './block.tsx';
import { PlainBoundary } from './plain-boundary.tsx';
import { noBlocks, readBlocks } from './read-blocks.ts';

/** A text of the model. It is made of elements one by one: nothing that it says becomes HTML. */
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
  const read = useRef(noBlocks);
  read.current = readBlocks(text, read.current);
  return (
    <>
      {(read.current.tokens as readonly MarkedToken[]).map((token, index) => (
        <Unchanged key={index} token={token} />
      ))}
    </>
  );
}

/** A block is drawn once for its token: of a growing answer only the end is drawn again. */
function Unchanged({ token }: { token: MarkedToken }) {
  return useMemo(() => <Block token={token} />, [token]);
}
