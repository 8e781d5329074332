/** What a prompt wants done on a node. */
export interface Order {
  toolName: 'run_command' | 'read_file' | 'list_files';
  args: Record<string, string>;
  /** The node that it names. */
  nodeId?: string;
}

/** The longest order that is read, in characters: half a command must not run, and a long one is no plain words. */
const MAX_LENGTH = 2_000;

const courtesies =
  /^(?:(?:please|now|okay|ok|then|and)[\s,]+)*(?:(?:can|could|would|will) you\s+(?:please\s+)?)?/i;
const nodeAhead = /^on\s+(?:(?:the|my)\s+)?(?:node\s+)?`?([\w.-]+)`?\s*[,:]\s*/i;
const nodeBehind = /\s+on\s+(?:(?:the|my)\s+)?(?:node\s+)?`?([a-z0-9][\w.-]{0,63})`?$/i;
const afterthoughts = /(?:,?\s+(?:please|for me))*(?:,?\s+and\s+(?:tell|show|give)\s+me\b[^`]*)?$/i;
const endOfSentence = /(?<=[\w`])[.!?]+$/;
const abilityQuestion = /^can you (?:run|execute) [\w.-]+\?$/i;

/**
 * Reads a plain request to run a command, read a file or list files: "run `uname -a` on laptop". Whatever could
 * mean something else ("run out of milk") is none.
 */
export function readOrder(prompt: string): Order | undefined {
  const said = prompt.trim();
  if (said.length > MAX_LENGTH || abilityQuestion.test(said)) return undefined;
  const [, ahead] = nodeAhead.exec(said) ?? [];
  const bare = said.replace(nodeAhead, '').replace(courtesies, '');
  const wish = bare.replace(endOfSentence, '').replace(afterthoughts, '');
  const [, behind] = nodeBehind.exec(wish) ?? [];
  const what = wish.replace(nodeBehind, '');
  const order = readCommand(what) ?? readFile(what) ?? readFolder(what);
  const nodeId = behind ?? ahead;
  return order && { ...order, ...(nodeId !== undefined && { nodeId }) };
}

const commandVerb = /^(?:run|execute)\s+/i;
const commandNoun = /^(?:(?:the|this|following|shell)\s+)*command(?:\s*:\s*|\s+)/i;
const fenced = /^`([^`\n]+)`$|^```\w*\n([^`]+?)\n?```$/;

function readCommand(what: string): Order | undefined {
  if (!commandVerb.test(what)) return undefined;
  const said = what.replace(commandVerb, '').trim();
  const plain = said.replace(commandNoun, '');
  const [, inline, block] = fenced.exec(plain) ?? [];
  const isPlain = plain.length < said.length ? isStated(plain) : isCommand(plain);
  const command = inline ?? block ?? (isPlain ? plain : undefined);
  return command === undefined ? undefined : { toolName: 'run_command', args: { command } };
}

const prose =
  /^(?:a|again|along|an|and|as|away|for|from|i|in|into|it|like|line|me|my|off|on|out|over|prompt|that|the|this|through|to|up|we|which|with|you|your)\b/i;

/** Unquoted, these are as likely to go on about the command as to be a part of it. */
const proseWithin =
  /,\s|\s(?:and|after|because|before|but|if|it|or|so|that|the|then|until|when|which|while|with)\b/i;

function isStated(words: string): boolean {
  return /^[^\n`]+$/.test(words) && !prose.test(words) && !proseWithin.test(words);
}

/** Names that mean nothing else after "run". */
const commandNames = new Set(
  (
    'awk bash bun cargo cat chmod cmake cp curl date deno df diff docker dotnet du echo env gcc git gradle grep ' +
    'gzip hostname id java jq kubectl ls make mkdir mv mvn node npm npx pip pnpm printf ps pwd pytest python ' +
    'python3 rg rm rsync ruby rustc sed seq sh ssh stat tar tsc tsx uname unzip uptime uv wc wget whoami yarn'
  ).split(' '),
);

/** An option or a path is what only commands have. */
const commandSign = /^(?:\.{1,2}|~)?\/|\s--?[a-z]|\s(?:\.{1,2}|~)?\/\w/i;

function isCommand(words: string): boolean {
  const [name = ''] = words.split(/\s/);
  return isStated(words) && (commandNames.has(name) || commandSign.test(words));
}

const fileRequest =
  /^(?:read|open|print|display|show(?:\s+me)?)\s+(?:the\s+)?(?:contents?\s+of\s+)?(?:the\s+)?(file\s+)?(?:`([^`\n]+)`|([^\s`]+))$/i;
const namesOfFiles = /^(?!.*:\/\/).*(?:\/|\.[a-z]\w*$)|^(?:README|LICENSE|Makefile|Dockerfile)$/i;

function readFile(what: string): Order | undefined {
  const [, stated, inQuotes, bare = ''] = fileRequest.exec(what) ?? [];
  const path = inQuotes ?? bare;
  const isPath = path !== '' && (stated !== undefined || isFileName(path));
  return isPath ? { toolName: 'read_file', args: { path } } : undefined;
}

function isFileName(word: string): boolean {
  return /[a-z]/i.test(word) && namesOfFiles.test(word);
}

const folderRequest =
  /^(?:(?:list|show(?:\s+me)?)\s+(?:all\s+)?(?:(?:the|my)\s+)?files|(?:what|which)\s+files\s+are(?:\s+there)?)(?:\s+(?:in|inside|under)\s+(?:the\s+|this\s+)?(?:(?:folder|directory)\s+)?(?:`([^`\n]+)`|([^\s`]+))(?:\s+(?:folder|directory))?)?$/i;

function readFolder(what: string): Order | undefined {
  const match = folderRequest.exec(what);
  if (match === null) return undefined;
  const path = match[1] ?? match[2];
  const isWhole = path === undefined || /^(?:workspace|current|folder|directory)$/i.test(path);
  return { toolName: 'list_files', args: isWhole ? {} : { path } };
}
