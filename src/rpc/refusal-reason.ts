// What libp2p says when a dial finds somebody who is not to be connected to, in words that say what to check.

/** Of libp2p's EncryptionFailedError, which keeps no cause: no encryption in common; or Noise with another prologue. */
const HANDSHAKE_FAILURES = [/^Protocol selection failed/, /^handshake stage \d validation fail/]
/** This node's own connection gater said no. */
const DENIALS = ['DialDeniedError', 'ConnectionInterceptedError']

/** @returns undefined when the dial failed for another reason: nobody is there, it did not answer, … */
export function refusalReason (err: unknown): string | undefined {
  if (err instanceof AggregateError) {
    for (const each of err.errors) {
      const reason = refusalReason(each)
      if (reason !== undefined) return reason
    }
    return undefined
  }
  if (!(err instanceof Error)) return undefined
  if (DENIALS.includes(err.name)) return 'this node does not let it in: check that `allow` lists it'
  if (err.name !== 'EncryptionFailedError' || !HANDSHAKE_FAILURES.some(text => text.test(err.message))) return undefined
  return 'the handshake failed: check that `secret` and `cluster` are the same on both nodes'
}
