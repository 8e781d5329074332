import { delimiter, isAbsolute } from 'node:path';
import { isWithin } from '../files/workspace.ts';

/** Set in every command, unless the policy passes the variable on from outside. */
const guards = {
  // A folder that looks like a bare repository brings git its configuration, and with that programs to run.
  GIT_CONFIG_COUNT: '1',
  GIT_CONFIG_KEY_0: 'safe.bareRepository',
  GIT_CONFIG_VALUE_0: 'explicit',
};

export interface EnvironmentOptions {
  /** Names of the variables to pass on. */
  names: readonly string[];
  /** What the agent was started with. */
  own: NodeJS.ProcessEnv;
  /** A folder whose programs are not found by their names. Default: none. */
  untrusted?: string | undefined;
}

/** The environment of commands. */
export function commandEnvironment({ names, own, untrusted }: EnvironmentOptions): NodeJS.ProcessEnv {
  const passed = names.flatMap((name) => (own[name] === undefined ? [] : [[name, own[name]] as const]));
  const environment: NodeJS.ProcessEnv = { ...guards, ...Object.fromEntries(passed) };
  const { PATH: path } = environment;
  if (path !== undefined && untrusted !== undefined) {
    const isTrusted = (folder: string) => isAbsolute(folder) && !isWithin(untrusted, folder);
    environment['PATH'] = path.split(delimiter).filter(isTrusted).join(delimiter);
  }
  return environment;
}
