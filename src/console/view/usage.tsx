import type { SyncedSession } from '../state/synced-session.ts';

const whole = new Intl.NumberFormat();

/** The tokens that a session has used, and how much of the model's context is full. */
export function Usage({ session }: { session: SyncedSession }) {
  const usage = session.state.value?.tokenUsage;
  if (!usage || usage.totalTokens === 0) return null;
  const { contextTokens, contextLimit, percentage } = usage;
  const input = counted(usage.inputTokens, 'input', usage.cachedInputTokens, 'cached');
  const output = counted(usage.outputTokens, 'output', usage.reasoningTokens, 'reasoning');
  return (
    <section class="usage" aria-label="Token usage">
      {contextLimit != null && percentage != null && (
        <span title={`${whole.format(contextTokens)} of ${whole.format(contextLimit)} tokens`}>
          <meter aria-label="Context in use" min={0} max={100} value={percentage} />
          {percentage < 1 && percentage > 0 ? '< 1' : Math.round(percentage)} % of the context
        </span>
      )}
      <span>
        {usage.measured ? '' : 'about '}
        {whole.format(usage.totalTokens)} tokens used
        <span class="parts">
          : {input}, {output}
        </span>
      </span>
    </section>
  );
}

/** For example `1,200 input (300 cached)`. */
function counted(count: number, name: string, part: number, partName: string): string {
  const shown = `${whole.format(count)} ${name}`;
  return part > 0 ? `${shown} (${whole.format(part)} ${partName})` : shown;
}
