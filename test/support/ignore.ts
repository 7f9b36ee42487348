/** For an error that is told of in another way too, or that does not matter to what is being ended. */
export function ignore(): void {
  // Nothing is to be done.
}
