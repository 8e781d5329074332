import { constants } from 'node:os';
import { z } from 'zod';
import { OutputCapture } from '../../base/output-capture.ts';
import { checkCommand } from '../policy/check-command.ts';
import { type GroupEnd, runGroup } from '../process/run-group.ts';
import { defineTool, stoppedReport, type ToolReport } from './tool.ts';

const args = z.object({ command: z.string(), cwd: z.string().optional() });

/** Runs a command if the policy allows it. The result is the output of the command. */
export const runCommand = defineTool({
  name: 'run_command',
  args,
  describe: ({ command, cwd }) => (cwd === undefined ? command : `${command}  (in ${JSON.stringify(cwd)})`),
  async check({ command, cwd: folder = '.' }, { workspace, policy, stop }) {
    const cwd = await workspace.locateFolder(folder);
    await checkCommand(command, { policy, workspace, cwd, stop });
  },
  async run({ command, cwd: folder = '.' }, context) {
    const { workspace, policy, commandEnvironment: env, watchdog, stop, maxOutputBytes, onOutput } = context;
    const cwd = await workspace.locateFolder(folder);
    const argv = await checkCommand(command, { policy, workspace, cwd, stop });
    const capture = new OutputCapture({ maxBytes: maxOutputBytes, onText: onOutput });
    const onData = (chunk: Buffer) => capture.write(chunk);
    const end = await runGroup({ argv, cwd, env, onData, stop, watchdog });
    return report(end, capture.end(), stop);
  },
});

function report(
  { exitCode, signal, isStopped, isGone }: GroupEnd,
  output: string,
  stop: AbortSignal,
): ToolReport {
  if (!isGone) {
    const result = withNotice(output, 'Some processes of the command could not be ended and may still run.');
    return { status: 'FAILED', errorCode: 'FAILED', result };
  }
  if (isStopped) {
    const why = stop.reason === 'TIMED_OUT' ? 'took too long and was stopped' : 'was cancelled';
    return stoppedReport(stop, withNotice(output, `The command ${why}.`));
  }
  if (exitCode === 0) return { status: 'SUCCEEDED', result: output, exitCode };
  const failed = { status: 'FAILED', errorCode: 'FAILED' } as const;
  if (signal === null) return { ...failed, result: output, ...(exitCode !== null && { exitCode }) };
  return {
    ...failed,
    result: withNotice(output, `The command was ended by ${signal}.`),
    // The exit code that a shell reports for a program which a signal ended.
    exitCode: 128 + constants.signals[signal],
  };
}

function withNotice(output: string, notice: string): string {
  return `${output}${output === '' || output.endsWith('\n') ? '' : '\n'}[${notice}]`;
}
