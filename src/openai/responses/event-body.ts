/** An event of Responses without its number. */
export interface EventBody {
  type: string;
  [field: string]: unknown;
}
