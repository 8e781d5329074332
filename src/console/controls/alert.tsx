import type { ComponentChildren } from 'preact';

/** Shows a problem; without one, nothing. */
export function Alert({ problem, children }: { problem: string | undefined; children?: ComponentChildren }) {
  if (problem === undefined) return null;
  return (
    <div class="alert" role="alert">
      <span dir="auto">{problem}</span>
      {children}
    </div>
  );
}
