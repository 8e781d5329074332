import { useEffect, useState } from 'preact/hooks';

const shownMs = 2_000;

interface CopyButtonProps {
  text: string;
  /** What the button is called. Default: its text. */
  label?: string;
}

/** Copies a text. Browsers allow that only over HTTPS and on localhost; elsewhere there is no button. */
export function CopyButton({ text, label }: CopyButtonProps) {
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
    <button type="button" class="quiet small" aria-label={outcome ?? label} title={label} onClick={copy}>
      {outcome ?? 'Copy'}
    </button>
  );
}
