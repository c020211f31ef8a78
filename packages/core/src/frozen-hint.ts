/**
 * What to say of a turn that failed because it changed a frozen value. The engine's own text says neither that it was frozen
 * because it was sent nor by what turn, and the one that fails is often far from the one that sent.
 */

/** What V8, and a `Map` or a `Set` of a message, say of a change of what is frozen. */
const changes =
  /^Cannot (add property .*, object is not extensible|define property .*, object is not extensible|assign to read only property .*|delete property .*|add\/remove sealed array elements)$|^a (Map|Set) in a message is immutable/

/** How the addition begins; what has it already came from another turn that failed so. */
const beginning = ' (something frozen was changed by '

/** Adds to an error of that kind, thrown in the turn of `message` of `actor`, what may have frozen the value. */
export function explainFrozen(error: Error, actor: () => string, message: string): void {
  const { message: text, stack } = error
  if (!(error instanceof TypeError) || !changes.test(text) || text.includes(beginning)) return
  const what = `${text}${beginning}${message} of ${actor()}: outside of production messages, replies and arguments are frozen when they are sent, with every part of a state that is in them; send a copy of what will change)`
  try {
    error.message = what
    if (typeof stack === 'string') error.stack = stack.replace(text, () => what)
  } catch {
    // An error that is frozen itself stays as it is.
  }
}
