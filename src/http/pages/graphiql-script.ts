/** What the script of the GraphiQL page is given. */
export interface GraphiQLScriptOptions {
  /** The document of the first tab. */
  firstQuery: string;
  /** The text that stands for the id of a session, until one has been created. */
  sessionPlaceholder: string;
}

/** The part of the editor's interface that the script uses. */
interface Monaco {
  editor: {
    onDidCreateModel(listener: (model: Model) => void): void;
    getModels(): Model[];
    getEditors(): { getModel(): Model | null; revealLine(line: number): void }[];
  };
}

interface Model {
  uri: { path: string };
  getValue(): string;
  setValue(text: string): void;
  getLineCount(): number;
  onDidChangeContent(listener: () => void): void;
}

/**
 * Runs in the page, before GraphiQL does. The page contains its source, so it uses nothing from outside.
 *
 * - GraphiQL keeps its tabs and headers, and so a token, in the storage of the browser's tab. It would use the storage
 *   that all tabs share and that stays when they are closed.
 * - The id of the newest session that was created here replaces the placeholder in the variables of other tabs.
 * - GraphiQL shows only the newest result of a subscription. The text of the run events so far is added to each result
 *   under `extensions`, and the end of it is in view.
 */
export function improveGraphiQL({ firstQuery, sessionPlaceholder }: GraphiQLScriptOptions): void {
  for (const key of Object.keys(localStorage)) {
    // Earlier versions of the page left tokens here.
    if (key.startsWith('graphiql:')) localStorage.removeItem(key);
  }
  Object.defineProperty(window, 'localStorage', { value: sessionStorage });
  // A page that is loaded again before the user has edited anything would open one more tab, an empty one.
  sessionStorage['graphiql:query'] ??= firstQuery;

  /** The text that is replaced by the id of the next session. */
  const newestKey = 'switchyard.session';
  const newest = () => sessionStorage.getItem(newestKey) ?? sessionPlaceholder;
  const earlier = new Set([sessionPlaceholder, newest()]);
  let isStreaming = false;

  const fillIn = (variables: Model) => {
    const text = variables.getValue();
    const filled = text.replace(/("sessionId"\s*:\s*)"([^"]*)"/g, (whole, name, id) =>
      earlier.has(id) ? `${name}"${newest()}"` : whole,
    );
    if (filled !== text) variables.setValue(filled);
  };
  const showEnd = (monaco: Monaco, response: Model) => {
    if (!isStreaming) return;
    const shown = monaco.editor.getEditors().find((editor) => editor.getModel() === response);
    shown?.revealLine(response.getLineCount());
  };
  const watch = (monaco: Monaco) => {
    const watchModel = (model: Model) => {
      const { path } = model.uri;
      // GraphiQL must have seen a change before the next one is made.
      const after = (act: () => void) => model.onDidChangeContent(() => setTimeout(act));
      if (path.endsWith('variables.json')) after(() => fillIn(model));
      if (path.endsWith('response.json')) after(() => showEnd(monaco, model));
    };
    monaco.editor.onDidCreateModel(watchModel);
    monaco.editor.getModels().forEach(watchModel);
  };
  // The editor is ready when the scripts of the page have run.
  document.addEventListener('DOMContentLoaded', () => {
    if ('monaco' in window) watch(window.monaco as Monaco);
  });

  interface StreamedEvent {
    __typename?: string;
    text?: unknown;
    content?: unknown;
    reasoning?: unknown;
  }
  const names: Record<string, string> = {
    ReasoningDelta: 'reasoning',
    TextDelta: 'answer',
    ToolOutputDelta: 'toolOutput',
  };
  /** Adds the texts so far to each result of a stream. */
  const collectTexts = () => {
    const soFar: Record<string, string> = {};
    return (line: string) => {
      if (!line.startsWith('data: {')) return line;
      const result = JSON.parse(line.slice('data: '.length));
      for (const event of Object.values<StreamedEvent | null>(result.data ?? {})) {
        const name = names[event?.__typename ?? ''] ?? 'text';
        if (typeof event?.text === 'string') soFar[name] = (soFar[name] ?? '') + event.text;
        if (event?.__typename === 'HistoryGap') for (const each of Object.keys(soFar)) delete soFar[each];
        if (event?.__typename === 'RunResumed') {
          if (typeof event.content === 'string') soFar['answer'] = event.content;
          if (typeof event.reasoning === 'string') soFar['reasoning'] = event.reasoning;
        }
      }
      if (Object.keys(soFar).length === 0) return line;
      return `data: ${JSON.stringify({ ...result, extensions: { ...result.extensions, soFar } })}`;
    };
  };
  const byLine = (change: (line: string) => string) => {
    let rest = '';
    return new TransformStream<string, string>({
      transform(chunk, controller) {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        if (lines.length > 0) controller.enqueue(`${lines.map(change).join('\n')}\n`);
      },
      flush(controller) {
        isStreaming = false;
        if (rest !== '') controller.enqueue(change(rest));
      },
    });
  };
  const { fetch } = window;
  window.fetch = async (...request) => {
    const response = await fetch(...request);
    const type = response.headers.get('content-type') ?? '';
    if (type.startsWith('text/event-stream') && response.body) {
      isStreaming = true;
      const texts = response.body
        .pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)
        .pipeThrough(byLine(collectTexts()))
        .pipeThrough(new TextEncoderStream());
      return new Response(texts, response);
    }
    const result = await response
      .clone()
      .json()
      .catch(() => undefined);
    const created = result?.data?.createSession?.id;
    if (typeof created === 'string') {
      earlier.add(created);
      sessionStorage.setItem(newestKey, created);
    }
    return response;
  };
}
