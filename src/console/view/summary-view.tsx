import { Markdown } from '../markdown/markdown.tsx';

interface SummaryViewProps {
  /** Says what the summary stands for. */
  title: string;
  text: string;
}

/** A summary that a model was given in place of messages, folded until somebody wants to read it. */
export function SummaryView({ title, text }: SummaryViewProps) {
  return (
    <details class="note context-summary">
      <summary>{title}</summary>
      <Markdown text={text} />
    </details>
  );
}
