import { useEffect, useState } from 'preact/hooks';

const shownMs = 2_000;

/** Copies a text. Browsers allow that only over HTTPS and on localhost; elsewhere there is no button. */
export function CopyButton({ text }: { text: string }) {
  const [outcome, setOutcome] = useState<string>();
  useEffect(() => {
    if (outcome === undefined) return;
    const timer = setTimeout(() => setOutcome(undefined), shownMs);
    return () => clearTimeout(timer);
  }, [outcome]);
  if (!navigator.clipboard) return null;
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setOutcome('Copied'),
      () => setOutcome('Not copied'),
    );
  return (
    <button type="button" class="quiet small" onClick={copy}>
      {outcome ?? 'Copy'}
    </button>
  );
}
