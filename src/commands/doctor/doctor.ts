import type { Command } from 'commander';
import { printReport } from '../report.ts';

/**
 * Adds `switchyard doctor`, which checks what a gateway with the settings of this environment would meet, and changes
 * nothing. A gateway may be running.
 *
 * @param exit Gets 1 if something would keep the gateway from working.
 */
export function addDoctorCommand(program: Command, exit: (code: number) => void): void {
  program
    .command('doctor')
    .description(
      'check settings, database, Redis, stored files, model providers and traces, and say what to do',
    )
    .addHelpText('after', '\nExit codes: 0 if a gateway would work, 1 if something is wrong.')
    .action(async () => {
      const { examine, layOut } = await import('./examine.ts');
      const findings = await examine();
      printReport({ output: layOut(findings) });
      exit(findings.some(({ state }) => state === 'fault') ? 1 : 0);
    });
}
