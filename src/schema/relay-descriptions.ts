/** What the fields and types are said to be that the relay plugin makes: options for it. */
export const relayDescriptions = {
  idFieldOptions: {
    description:
      'The id of the object: opaque, and unique among all objects of this API. `node` finds the object by it.',
  },
  nodeTypeOptions: { description: 'An object with an id.' },
  nodeQueryOptions: {
    description: 'The object with this id; null if there is no such object.',
    args: { id: { description: 'The `id` of a session, message, run or agent node.' } },
  },
  nodesQueryOptions: {
    description: 'The objects with these ids, in the same order; null for each id without an object.',
    args: { ids: { description: 'The ids, at most `MAX_PAGE_SIZE` (default: 100).' } },
  },
  firstArgOptions: {
    description:
      'How many items to return from the start, or after `after`: at most `MAX_PAGE_SIZE` (default: 100). Default: 20, unless `last` is given.',
  },
  afterArgOptions: { description: 'Return only items after this cursor.' },
  lastArgOptions: {
    description:
      'How many items to return from the end, or before `before`: at most `MAX_PAGE_SIZE` (default: 100). Not together with `first`.',
  },
  beforeArgOptions: { description: 'Return only items before this cursor.' },
  defaultConnectionTypeOptions: { description: 'A page of a list.' },
  defaultEdgeTypeOptions: { description: 'An item of a list, with its cursor.' },
  edgesFieldOptions: { description: 'The items of this page, in the order of the list.' },
  pageInfoFieldOptions: { description: 'What comes before and after this page.' },
  nodeFieldOptions: { description: 'The item.' },
  cursorFieldOptions: {
    description:
      'The position of the item in the list, for `after` and `before`. It stays valid when the item is deleted.',
  },
  pageInfoTypeOptions: { description: 'What comes before and after a page.' },
  hasNextPageFieldOptions: { description: 'Whether there are items after this page.' },
  hasPreviousPageFieldOptions: { description: 'Whether there are items before this page.' },
  startCursorFieldOptions: { description: 'The cursor of the first item; null if the page is empty.' },
  endCursorFieldOptions: { description: 'The cursor of the last item; null if the page is empty.' },
} as const;
