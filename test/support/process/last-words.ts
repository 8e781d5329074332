import { createLog, type LogOptions } from '../../../src/log.ts';

// Logs one line in the given format and exits at once.

const [, , format] = process.argv;
createLog({ level: 'info', format: format as LogOptions['format'] }).info('the last words');
process.exit(0);
