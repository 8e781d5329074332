import { isAbsolute } from 'node:path';
import { pathProblem, privateFolder } from '../../sync/path.ts';
import { relativePath } from '../files/workspace.ts';

/** A workspace as the gateway tells an agent. */
export interface NodeWorkspace {
  workspaceId: string;
  /** Whether the files come from this node. */
  isLead: boolean;
  /** Of the lead's folder, below that of the agent. Null: that folder itself. */
  path: string | null;
  revision: number;
}

/** The path of the folder of a workspace below that of the agent, or a sentence that says why it has no folder. */
export type FolderOfWorkspace = { below: string } | { problem: string };

/** @param root The real path of the agent's folder. */
export function folderOfWorkspace(
  { workspaceId, isLead, path }: NodeWorkspace,
  root: string,
): FolderOfWorkspace {
  // The id becomes the name of a folder.
  if (!/^[\w-]{1,64}$/.test(workspaceId)) return { problem: 'The id of the workspace is not valid.' };
  if (!isLead) return { below: `${privateFolder}/${workspaceId}` };
  const given = path ?? '';
  const below = (isAbsolute(given) ? relativePath(root, given) : given)
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .join('/');
  if (below === '' || pathProblem(below) === undefined) return { below };
  return { problem: `${JSON.stringify(given)} is not a path in the folder of the agent.` };
}

/** Where an agent keeps what it remembers of a workspace. */
export function stateFolderOf(root: string, workspaceId: string): string {
  return `${root}/${privateFolder}/state/${workspaceId}`;
}
