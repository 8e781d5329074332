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
  workspaceRoot: string;
}

/**
 * The environment of commands. Its PATH leaves out what lies within the workspace: a tool could put a program
 * there under the name of one that the policy allows.
 */
export function commandEnvironment({ names, own, workspaceRoot }: EnvironmentOptions): NodeJS.ProcessEnv {
  const passed = names.flatMap((name) => (own[name] === undefined ? [] : [[name, own[name]] as const]));
  const environment: NodeJS.ProcessEnv = { ...guards, ...Object.fromEntries(passed) };
  const { PATH: path } = environment;
  if (path !== undefined) {
    const isOutside = (folder: string) => isAbsolute(folder) && !isWithin(workspaceRoot, folder);
    environment['PATH'] = path.split(delimiter).filter(isOutside).join(delimiter);
  }
  return environment;
}
