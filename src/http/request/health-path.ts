/** The paths of the health checks. A client that sends too much must neither delay nor limit them. */
export const healthPath = /^\/health(\/|$)/;
