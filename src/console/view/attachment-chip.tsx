import { useEffect, useRef, useState } from 'preact/hooks';
import type { AttachmentPartsFragment } from '../../gql/console/graphql.ts';
import { VisibleText } from '../controls/visible-text.tsx';
import { saveBlob } from '../gateway/save-blob.ts';
import { visibleText } from '../state/visible-text.ts';
import { useApp } from './app-context.ts';
import { byteText } from './byte-text.ts';

/** The files that were sent with a prompt. */
export function Attachments({ attachments }: { attachments: readonly AttachmentPartsFragment[] }) {
  if (attachments.length === 0) return null;
  return (
    <ul class="attachments" aria-label="Files">
      {attachments.map((attachment) => (
        <li key={attachment.id}>
          <AttachmentChip attachment={attachment} />
        </li>
      ))}
    </ul>
  );
}

/** A file that the gateway has: a small image, or its name. It can be downloaded. */
export function AttachmentChip({ attachment }: { attachment: AttachmentPartsFragment }) {
  const { attachedFiles } = useApp();
  const [problem, setProblem] = useState<string>();
  const name = attachment.filename ?? 'File';
  const download = async () => {
    try {
      const blob = await attachedFiles.load(attachment, new AbortController().signal);
      saveBlob(new Blob([blob], { type: 'application/octet-stream' }), name);
      setProblem(undefined);
    } catch {
      setProblem('The file cannot be downloaded now.');
    }
  };
  return (
    <button
      type="button"
      class="attachment"
      aria-label={`Download ${visibleText(name)}`}
      title={problem ?? `Download ${visibleText(name)}`}
      onClick={() => void download()}
    >
      {attachment.type === 'IMAGE' && <Thumbnail attachment={attachment} />}
      <span class="attachment-name">
        <span class="cut">
          <VisibleText text={name} />
        </span>
        <span class="hint">{problem ?? factsOf(attachment)}</span>
      </span>
    </button>
  );
}

function factsOf({ type, size, pageCount, tokenCount }: AttachmentPartsFragment): string {
  const kind = { IMAGE: 'Image', PDF: 'PDF', TEXT: 'Text', AUDIO: 'Recording' }[type];
  const pages = pageCount != null && `${pageCount} ${pageCount === 1 ? 'page' : 'pages'}`;
  const tokens = `~${tokenCount.toLocaleString()} tokens`;
  return [kind, pages, byteText(size), tokens].filter(Boolean).join(' · ');
}

/** Loads the image when it comes near the visible part of the page. An image element can send no token. */
function Thumbnail({ attachment }: { attachment: AttachmentPartsFragment }) {
  const { attachedFiles } = useApp();
  const place = useRef<HTMLSpanElement>(null);
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const closing = new AbortController();
    let shown: string | undefined;
    const show = async () => {
      const blob = await attachedFiles.load(attachment, closing.signal).catch(() => undefined);
      if (blob === undefined || closing.signal.aborted) return;
      // The blob has the type of an image in any case, so that nothing in it can run as a page.
      const type = /^image\/(?:png|jpeg|gif|webp)$/.test(blob.type) ? blob.type : 'image/png';
      shown = URL.createObjectURL(new Blob([blob], { type }));
      setUrl(shown);
    };
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
        observer.disconnect();
        void show();
      },
      { rootMargin: '200px' },
    );
    if (place.current) observer.observe(place.current);
    return () => {
      observer.disconnect();
      closing.abort();
      if (shown !== undefined) URL.revokeObjectURL(shown);
    };
  }, [attachment.id]);
  return (
    <span class="thumbnail" ref={place}>
      {url !== undefined && <img src={url} alt="" />}
    </span>
  );
}
