const ended = new DOMException('This operation was aborted', 'AbortError');

/**
 * Aborts a signal whose reason nobody needs. Without a reason, Node.js makes a new error with its stack for each abort,
 * which takes as long as a prepared statement, and a chat has several signals that end with it.
 */
export function endSignal(controller: AbortController): void {
  controller.abort(ended);
}
