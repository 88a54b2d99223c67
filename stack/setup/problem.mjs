/** A problem that a person can fix: the message is one sentence with the remedy, and no stack is shown. */
export class Problem extends Error {
  /** @override */
  name = 'Problem'
}

/**
 * Turns the refusal of a file system into a sentence with a remedy; gives back any other error as it is.
 * @param {unknown} error
 * @param {string} remedy
 */
export function unwritable(error, remedy) {
  const { code, path } = /** @type {NodeJS.ErrnoException} */ (error)
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new Problem(`${path} cannot be written: ${remedy}.`)
  if (code === 'ENOTDIR' || code === 'EEXIST') return new Problem(`${path} is not a folder: ${remedy}.`)
  if (code === 'ENOSPC') return new Problem('The disk is full: free some room and start again.')
  return error
}
