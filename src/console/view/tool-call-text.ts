import type { ToolCall } from '../../client/answer.ts';

/** Whether the model asks the user. No other tool has this name. */
export function isQuestion({ name }: Pick<ToolCall, 'name'>): boolean {
  return name === 'ask_user';
}

/** One line that describes a call: its command, pattern, path or question, otherwise all its arguments as JSON. */
export function summaryOf({ args }: Pick<ToolCall, 'args'>): string {
  if (typeof args === 'string') return args;
  if (typeof args !== 'object' || args === null) return '';
  const { command, path, pattern, question } = args as Record<string, unknown>;
  const [main] = [command, pattern, path, question].filter((value) => typeof value === 'string');
  if (main !== undefined) return String(main);
  return Object.keys(args).length === 0 ? '' : JSON.stringify(args);
}

/** All arguments of a call. A single text is shown without JSON around it. */
export function argumentsOf({ args }: Pick<ToolCall, 'args'>): { title: string; text: string } {
  if (typeof args === 'string') return { title: 'Arguments', text: args };
  const [[name, only] = [], ...more] = Object.entries(args ?? {});
  if (name !== undefined && typeof only === 'string' && more.length === 0) {
    return { title: name.charAt(0).toUpperCase() + name.slice(1), text: only };
  }
  return { title: 'Arguments', text: JSON.stringify(args, null, 2) };
}

const statusLabels: Record<ToolCall['status'], string> = {
  AWAITING_APPROVAL: 'Waiting for approval',
  AWAITING_CLIENT: 'Waiting for an answer',
  RUNNING: 'Running…',
  SUCCEEDED: 'Done',
  FAILED: 'Failed',
  DENIED: 'Denied',
  CANCELLED: 'Cancelled',
};

/** Where the code alone does not say what has happened. */
const errorLabels: Record<string, string> = { POLICY: 'not allowed on this node' };

/** The status of a call, its exit code, its duration and its error. */
export function outcomeOf(call: ToolCall): string {
  const { status, exitCode, durationMs, errorCode, stopped } = call;
  const details = [
    status === 'FAILED' &&
      errorCode != null &&
      errorCode !== 'FAILED' &&
      (errorLabels[errorCode] ?? errorCode.toLowerCase().replaceAll('_', ' ')),
    exitCode != null && `exit ${exitCode}`,
    durationMs != null && status !== 'DENIED' && !isQuestion(call) && duration(durationMs),
    stopped === false && 'may still be running on its node',
  ].filter((detail) => detail !== false);
  return [statusLabels[status], ...details].join(' · ');
}

function duration(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
