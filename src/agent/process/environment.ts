import { realpath } from 'node:fs/promises';
import { delimiter, isAbsolute } from 'node:path';
import { isWithin } from '../files/workspace.ts';

/** Variables of every command. The policy can pass on the agent's own values instead. */
const guards = {
  // A folder that looks like a bare repository gives git its configuration, and that names programs to run.
  GIT_CONFIG_COUNT: '1',
  GIT_CONFIG_KEY_0: 'safe.bareRepository',
  GIT_CONFIG_VALUE_0: 'explicit',
};

export interface EnvironmentOptions {
  /** Names of the variables to pass on. */
  names: readonly string[];
  /** The environment of the agent. */
  own: NodeJS.ProcessEnv;
  /** A folder, as a real path, that is removed from PATH together with its subfolders. */
  untrusted?: string | undefined;
}

/** Builds the environment of commands. */
export async function commandEnvironment({
  names,
  own,
  untrusted,
}: EnvironmentOptions): Promise<NodeJS.ProcessEnv> {
  const passed = names.flatMap((name) => (own[name] === undefined ? [] : [[name, own[name]] as const]));
  const environment: NodeJS.ProcessEnv = { ...guards, ...Object.fromEntries(passed) };
  const { PATH: path } = environment;
  if (path !== undefined && untrusted !== undefined) {
    // An empty PATH would mean the folder in which the command runs; without PATH the system's default is used.
    environment['PATH'] = (await trustedPath(path, untrusted)) || undefined;
  }
  return environment;
}

/**
 * Replaces each folder of PATH by its real path, and drops relative, missing and untrusted folders. So a tool cannot
 * create a missing folder or change a link later to add its own programs.
 */
async function trustedPath(path: string, untrusted: string): Promise<string> {
  const absolute = path.split(delimiter).filter((folder) => isAbsolute(folder));
  const realPaths = await Promise.all(absolute.map((folder) => realpath(folder).catch(() => undefined)));
  return realPaths.filter((folder) => folder !== undefined && !isWithin(untrusted, folder)).join(delimiter);
}
