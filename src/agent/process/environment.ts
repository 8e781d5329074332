import { realpath } from 'node:fs/promises';
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
  /** A folder, without symbolic links, whose programs are not found by their names. Default: none. */
  untrusted?: string | undefined;
}

/** The environment of commands. */
export async function commandEnvironment({
  names,
  own,
  untrusted,
}: EnvironmentOptions): Promise<NodeJS.ProcessEnv> {
  const passed = names.flatMap((name) => (own[name] === undefined ? [] : [[name, own[name]] as const]));
  const environment: NodeJS.ProcessEnv = { ...guards, ...Object.fromEntries(passed) };
  const { PATH: path } = environment;
  if (path !== undefined && untrusted !== undefined) {
    // An empty one would mean the folder that a command runs in; none means the system's own.
    environment['PATH'] = (await trustedPath(path, untrusted)) || undefined;
  }
  return environment;
}

/** With the places that links lead to, and without what is not there: nobody can lead it elsewhere later. */
async function trustedPath(path: string, untrusted: string): Promise<string> {
  const absolute = path.split(delimiter).filter((folder) => isAbsolute(folder));
  const places = await Promise.all(absolute.map((folder) => realpath(folder).catch(() => undefined)));
  return places.filter((place) => place !== undefined && !isWithin(untrusted, place)).join(delimiter);
}
