#!/usr/bin/env node
import { constants } from 'node:os';
import { runCli, type StopSignal } from './cli.ts';
import { StartupError } from './config/startup-error.ts';

try {
  process.exitCode = await runCli(process.argv.slice(2), whenStopped);
} catch (error) {
  if (!(error instanceof StartupError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function whenStopped(onAgain?: (signal: StopSignal) => void): Promise<StopSignal> {
  const signal = await new Promise(onSignal);
  onSignal((again) => {
    onAgain?.(again);
    process.exit(128 + constants.signals[again]);
  });
  return signal;
}

function onSignal(listener: (signal: StopSignal) => void): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, listener);
}
