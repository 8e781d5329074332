import { z } from 'zod';
import { type NodeTool, path } from './node-tool.ts';

const fileText = z.string().max(1_000_000);
const count = z.int().min(1).max(1_000_000);

/** The tools that read and write the files of a node. */
export const fileTools: readonly NodeTool[] = [
  {
    name: 'read_file',
    description: 'Reads a text file on a node, or some lines of it.',
    needsApproval: false,
    args: {
      path,
      start_line: count.optional().describe('The first line to read, counted from 1.'),
      max_lines: count
        .optional()
        .describe('How many lines to read. Default: as many as fit into the result.'),
    },
  },
  {
    name: 'write_file',
    description: 'Writes a text file on a node. Replaces an existing file and creates missing folders.',
    needsApproval: true,
    args: { path, content: fileText.describe('The whole text of the file.') },
  },
  {
    name: 'edit_file',
    description: 'Replaces a part of a text file on a node.',
    needsApproval: true,
    args: {
      path,
      old_text: fileText
        .min(1)
        .describe('The exact text to replace. It must occur once, unless replace_all is true.'),
      new_text: fileText.describe('The replacement.'),
      replace_all: z.boolean().optional().describe('Whether to replace every occurrence.'),
    },
  },
  {
    name: 'list_files',
    description: 'Lists the files in a folder on a node, except files that .gitignore names.',
    needsApproval: false,
    args: {
      path: path.optional().describe('The folder. Default: the workspace folder.'),
      depth: z.int().min(1).max(100).optional().describe('How many levels of folders to show.'),
    },
  },
  {
    name: 'search_files',
    description: 'Finds lines in the text files on a node, except files that .gitignore names.',
    needsApproval: false,
    args: {
      pattern: z.string().min(1).max(1_000).describe('A JavaScript regular expression.'),
      path: path.optional().describe('The folder or file to search. Default: the workspace folder.'),
      glob: z.string().min(1).max(1_000).optional().describe('Only files whose path matches: `*.ts`.'),
      max_results: z.int().min(1).max(1_000).optional().describe('Most lines to return.'),
    },
  },
];
