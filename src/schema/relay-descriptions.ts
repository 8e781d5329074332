/** What the fields and types are said to be that the relay plugin makes: options for it. */
export const relayDescriptions = {
  idFieldOptions: { description: 'Its id, unique among all objects of this API.' },
  nodeTypeOptions: { description: 'Whatever has an id of its own.' },
  nodeQueryOptions: { description: 'Any object with an id.', args: { id: { description: 'Its id.' } } },
  nodesQueryOptions: {
    description: 'Objects by their ids, in the same order; null where there is none.',
    args: { ids: { description: 'Their ids.' } },
  },
  firstArgOptions: {
    description: 'How many from the start, or after `after`. Default: 20, unless `last` is given.',
  },
  afterArgOptions: { description: 'Only what comes after this cursor.' },
  lastArgOptions: { description: 'How many from the end, or before `before`.' },
  beforeArgOptions: { description: 'Only what comes before this cursor.' },
  defaultConnectionTypeOptions: { description: 'A page of a list.' },
  defaultEdgeTypeOptions: { description: 'An item of a list, and its place in it.' },
  edgesFieldOptions: { description: 'The items of this page, in order.' },
  pageInfoFieldOptions: { description: 'What comes before and after this page.' },
  nodeFieldOptions: { description: 'The item.' },
  cursorFieldOptions: {
    description: 'Its place: give it as `after` or `before`. It stays good when the item is deleted.',
  },
  pageInfoTypeOptions: { description: 'What comes before and after a page.' },
  hasNextPageFieldOptions: { description: 'Whether there is more after this page.' },
  hasPreviousPageFieldOptions: { description: 'Whether there is more before this page.' },
  startCursorFieldOptions: { description: 'The cursor of the first item; null on an empty page.' },
  endCursorFieldOptions: { description: 'The cursor of the last item; null on an empty page.' },
} as const;
