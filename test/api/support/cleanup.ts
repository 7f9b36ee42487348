/** Collects what a test opens; closes it after the test, also where it failed, the newest first. */
export function closedAfterEach(): <T extends { close(): Promise<unknown> }>(opened: T) => T {
  const open: { close(): Promise<unknown> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
  });
  return (opened) => {
    open.push(opened);
    return opened;
  };
}
