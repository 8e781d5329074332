import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { AgentOptions } from './agent/agent.ts';
import { projectRoot } from './base/project-root.ts';
import { addBackupCommands } from './commands/backup/backup.ts';
import { addDoctorCommand } from './commands/doctor/doctor.ts';
import { addMigrateDataCommand } from './commands/migrate-data.ts';
import { addNodeCommand } from './commands/node.ts';
import { addPortableCommands } from './commands/portable/portable.ts';
import { addTokenCommand } from './commands/token.ts';
import { ownEnvironment } from './config/config.ts';

/** SIGHUP comes when the terminal of the process is closed. */
export type StopSignal = 'SIGTERM' | 'SIGINT' | 'SIGHUP';

/**
 * Resolves when the process is told to stop. At each further signal it calls `onAgain`, and the process ends at once,
 * unless that returns `true`.
 */
export type WhenStopped = (onAgain?: (signal: StopSignal) => unknown) => Promise<StopSignal>;

/**
 * Runs the command that the command line names. The modules of a command are loaded only for that command.
 *
 * @param args The arguments without the program.
 * @returns The exit code.
 * @throws StartupError if the gateway cannot start, or if its database cannot be opened.
 */
export async function runCli(args: readonly string[], whenStopped: WhenStopped): Promise<number> {
  const version = readVersion();
  let exitCode = 0;
  const program = new Command('switchyard')
    .description('A GraphQL gateway for agent chat sessions, and the agent that runs tools for it.')
    .version(version)
    .exitOverride();
  program
    .command('serve')
    .description('start the gateway (default command); its settings come from the environment and .env')
    .action(async () => {
      const { serve } = await import('./commands/serve.ts');
      await serve(whenStopped);
    });
  agentCommand(program).action(async (options: AgentFlags) => {
    exitCode = await startAgent({ ...options, version }, whenStopped);
  });
  addTokenCommand(program);
  addNodeCommand(program);
  addMigrateDataCommand(program);
  addBackupCommands(program);
  const exit = (code: number) => {
    exitCode = code;
  };
  addPortableCommands(program, { whenStopped, exit });
  addDoctorCommand(program, exit);
  try {
    await program.parseAsync(args.length > 0 ? args : ['serve'], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    throw error;
  }
}

type AgentFlags = Omit<AgentOptions, 'version' | 'env' | 'print'>;

function agentCommand(program: Command): Command {
  return program
    .command('agent')
    .description('connect this machine to a gateway as a node, and run tools on it')
    .requiredOption('--gateway <url>', 'the URL of the gateway: http://localhost:8000')
    .option(
      '--token-file <file>',
      'a file with the token of the node; default: the variable SWITCHYARD_TOKEN',
    )
    .addOption(
      new Option(
        '--token <token>',
        'the token itself; other users of this machine can see it in the list of processes',
      ).conflicts('tokenFile'),
    )
    .option('--workspace <folder>', 'the folder that tools work in', '.')
    .option('--policy <file>', 'a YAML file that says what may run; default: commands that only read')
    .option('--max-dispatches <count>', 'how many tool calls run at once, 1 to 64', toCount, 4)
    .option('--name <name>', 'the name that the agent prints at its start', hostname())
    .addHelpText(
      'after',
      '\nExit codes: 0 if it was told to stop, 1 if it cannot start, 77 if the gateway refuses it.',
    );
}

function toCount(value: string): number {
  const count = Number(value);
  if (/^\d+$/.test(value) && count >= 1 && count <= 64) return count;
  throw new InvalidArgumentError('Expected a whole number from 1 to 64.');
}

async function startAgent(
  options: AgentFlags & { version: string },
  whenStopped: WhenStopped,
): Promise<number> {
  const [{ runAgent }, { AgentError }, { escapeInvisible }, { openStandardOutput }] = await Promise.all([
    import('./agent/agent.ts'),
    import('./agent/errors/agent-error.ts'),
    import('./agent/output/format.ts'),
    import('./base/standard-output.ts'),
  ]);
  // `process.stdout` would end the agent when the reader of its output is gone.
  const output = openStandardOutput();
  const print = (line: string) => output.write(`${new Date().toTimeString().slice(0, 8)} ${line}\n`);
  const stop = new AbortController();
  const stopped = whenStopped(endNow).then(async () => {
    stop.abort();
    await delay(stopMs, undefined, { ref: false });
  });
  const printError = (text: string) =>
    openStandardOutput(2).write(`${text.split('\n').map(escapeInvisible).join('\n')}\n`);
  try {
    await Promise.race([runAgent({ ...options, env: ownEnvironment(), print }, stop.signal), stopped]);
    return 0;
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    printError(error.message);
    return error.exitCode;
  } finally {
    setTimeout(endNow, exitMs).unref();
  }
}

/** How long the agent may take to end what it runs and to report it, in milliseconds. */
const stopMs = 10_000;
/** How long the process may go on after that, in milliseconds. */
const exitMs = 1_000;

/** Ends the process even if a file system does not answer a request: `process.exit` would wait for the answer. */
function endNow(): void {
  process.kill(process.pid, 'SIGKILL');
}

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('package.json', projectRoot), 'utf8'));
  return String(version);
}
