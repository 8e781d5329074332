import { execFile } from 'node:child_process';
import { programFile } from '../suite/built.ts';

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a command of the program that ends by itself. */
export function switchyard(settings: Record<string, string>, ...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { cwd: '/', env: settings };
    const child = execFile(process.execPath, [programFile, ...args], options, (_e, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}
