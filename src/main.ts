#!/usr/bin/env node
import { constants } from 'node:os';
import { runCli, type StopSignal } from './cli.ts';
import { StartupError } from './config/startup-error.ts';

/** How long the process may last after its command has ended, in milliseconds. */
const lingerMs = 2_000;

try {
  process.exitCode = await runCli(process.argv.slice(2), whenStopped);
} catch (error) {
  if (!(error instanceof StartupError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
} finally {
  // A connection or a log line that nobody reads would otherwise keep the process for ever. `unref` lets it end earlier.
  setTimeout(() => process.exit(), lingerMs).unref();
}

function whenStopped(onAgain?: (signal: StopSignal) => unknown): Promise<StopSignal> {
  return new Promise((resolve) => {
    let isAgain = false;
    const listener = (signal: StopSignal) => {
      if (isAgain && onAgain?.(signal) !== true) process.exit(128 + constants.signals[signal]);
      isAgain = true;
      resolve(signal);
    };
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, listener);
  });
}
