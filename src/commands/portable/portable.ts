import { constants } from 'node:os';
import type { Command } from 'commander';
import { readConfig } from '../../config/config.ts';
import { StartupError } from '../../config/startup-error.ts';
import { printReport } from '../report.ts';

export interface PortableHost {
  /** Resolves with the signal that tells the process to stop. */
  whenStopped: () => Promise<'SIGTERM' | 'SIGINT' | 'SIGHUP'>;
  /** Gets the exit code of a command that was stopped. */
  exit: (code: number) => void;
}

interface ExportFlags {
  user?: string;
  session?: string[];
  since?: string;
  to: string;
}

interface ImportFlags {
  user?: string;
  from: string;
}

/** Adds `switchyard export` and `switchyard import`. A gateway may be running. */
export function addPortableCommands(program: Command, host: PortableHost): void {
  program
    .command('export')
    .description(
      'write sessions with all their messages and files to a folder, as JSON lines; goes on where it was broken off',
    )
    .option('--user <userId>', 'only the sessions of this user')
    .option('--session <id...>', 'only these sessions, by their ids in GraphQL or in the database')
    .option(
      '--since <time>',
      'only sessions with a prompt or answer since then: 2026-03-31, or 2026-03-31T12:00:00Z',
    )
    .requiredOption('--to <folder>', 'a new folder, or that of an export that was broken off')
    .addHelpText('after', exitCodes)
    .action(async ({ user, session, since, to }: ExportFlags) => {
      const [{ checkUser, readSessionId, readTime }, { exportSessions }] = await Promise.all([
        import('./arguments.ts'),
        import('./export-sessions.ts'),
      ]);
      checkUser(user);
      const sessionIds = session?.map(readSessionId).sort((a, b) => a - b) ?? null;
      const selection = {
        userId: user ?? null,
        sessionIds: sessionIds && [...new Set(sessionIds)],
        since: since === undefined ? null : readTime('--since', since),
      };
      await untilStopped(host, (signal) => exportSessions({ config: readConfig(), selection, to, signal }));
    });
  program
    .command('import')
    .description('store the sessions of an export; those that were imported before are left out')
    .requiredOption('--from <folder>', 'the folder of the export')
    .option('--user <userId>', 'give all sessions to this user; default: the users that had them')
    .addHelpText('after', exitCodes)
    .action(async ({ user, from }: ImportFlags) => {
      const [{ checkUser }, { importSessions }] = await Promise.all([
        import('./arguments.ts'),
        import('./import-sessions.ts'),
      ]);
      checkUser(user);
      await untilStopped(host, (signal) =>
        importSessions({ config: readConfig(), from, userId: user ?? null, signal }),
      );
    });
}

const exitCodes =
  '\nExit codes: 0 if everything was done, 1 if something is wrong, 130 after Ctrl-C, 143 after SIGTERM.';

/** Runs a command that a signal stops, and prints its report. */
async function untilStopped(
  { whenStopped, exit }: PortableHost,
  work: (signal: AbortSignal) => Promise<string>,
): Promise<void> {
  const stop = new AbortController();
  void whenStopped().then((signal) => stop.abort(new StoppedError(signal)));
  try {
    printReport({ note: await work(stop.signal) });
  } catch (error) {
    if (!(stop.signal.reason instanceof StoppedError) || error instanceof StartupError) throw error;
    printReport({ note: 'Stopped. Run the same command again to go on.' });
    exit(128 + constants.signals[stop.signal.reason.signal]);
  }
}

class StoppedError extends Error {
  readonly signal: 'SIGTERM' | 'SIGINT' | 'SIGHUP';

  constructor(signal: StoppedError['signal']) {
    super('The command was stopped.');
    this.signal = signal;
  }
}
