/** What every token of a node begins with. */
export const nodeTokenPrefix = 'swn_';
