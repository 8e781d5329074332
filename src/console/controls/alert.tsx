import type { ComponentChildren } from 'preact';

/** Says what went wrong, where it did. Shows nothing where nothing did. */
export function Alert({ problem, children }: { problem: string | undefined; children?: ComponentChildren }) {
  if (problem === undefined) return null;
  return (
    <div class="alert" role="alert">
      <span>{problem}</span>
      {children}
    </div>
  );
}
