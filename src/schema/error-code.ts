import { errorMeaning } from '../errors.ts';
import { enumFromTable } from './enum-from-table.ts';

enumFromTable(
  'ErrorCode',
  'Every code that an error of this API can have. No field returns it: an error carries it in `extensions.code`. An argument with a wrong value is named in `extensions.field`. Why a run failed is not an error but a `RunFailureCode`.',
  errorMeaning,
);
