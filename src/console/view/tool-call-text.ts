import type { ToolCall } from '../state/message-state.ts';

/** What a call is about, in one line: the command, the path, or else all of its arguments. */
export function describeCall({ args }: ToolCall): string {
  if (typeof args === 'string') return args;
  if (typeof args !== 'object' || args === null) return '';
  const { command, path, pattern } = args as Record<string, unknown>;
  const [telling] = [command, pattern, path].filter((value) => typeof value === 'string');
  if (telling !== undefined) return String(telling);
  return Object.keys(args).length === 0 ? '' : JSON.stringify(args);
}

/** All that a call is about. One text needs no JSON around it. */
export function argumentsOf({ args }: ToolCall): { title: string; text: string } {
  if (typeof args === 'string') return { title: 'Arguments', text: args };
  const [[name, only] = [], ...more] = Object.entries(args ?? {});
  if (name !== undefined && typeof only === 'string' && more.length === 0) {
    return { title: name.charAt(0).toUpperCase() + name.slice(1), text: only };
  }
  return { title: 'Arguments', text: JSON.stringify(args, null, 2) };
}

const words: Record<ToolCall['status'], string> = {
  AWAITING_APPROVAL: 'Waits for approval',
  RUNNING: 'Running…',
  SUCCEEDED: 'Done',
  FAILED: 'Failed',
  DENIED: 'Denied',
  CANCELLED: 'Cancelled',
};

/** How far it has come, or how it ended. */
export function outcomeOf(call: ToolCall): string {
  const { status, exitCode, durationMs, errorCode, stopped } = call;
  const details = [
    status === 'FAILED' &&
      errorCode != null &&
      errorCode !== 'FAILED' &&
      errorCode.toLowerCase().replaceAll('_', ' '),
    exitCode != null && `exit ${exitCode}`,
    durationMs != null && status !== 'DENIED' && duration(durationMs),
    stopped === false && 'may still be running on its node',
  ].filter((detail) => detail !== false);
  return [words[status], ...details].join(' · ');
}

function duration(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
