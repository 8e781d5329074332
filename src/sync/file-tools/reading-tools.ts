/** The tools that change no file. */
const readingTools = ['read_file', 'list_files', 'search_files'] as const;

export type ReadingTool = (typeof readingTools)[number];

export function isReadingTool(name: string): name is ReadingTool {
  return readingTools.some((tool) => tool === name);
}

/** Room in a result for what an agent says about the files of a session. */
export const noteBytes = 200;
