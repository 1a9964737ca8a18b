/** The end of a connection: a MessagePort or a BroadcastChannel. What the former takes along the latter copies. */
export interface Wire {
  postMessage(message: unknown, transfer: Transferable[]): void
  close(): void
  onmessage: ((event: MessageEvent) => void) | null
}

/** Bytes in a buffer of their own: what is part of a larger one would take all of that along. */
export const owned = (bytes: Uint8Array): Uint8Array =>
  bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice()

/** Post each message that `take` gives. */
export const postAll = (wire: Wire, take: () => Uint8Array | undefined): void => {
  for (let bytes = take(); bytes; bytes = take()) {
    const message = owned(bytes)
    wire.postMessage(message, [message.buffer as ArrayBuffer])
  }
}

/** An error of the C library, which leaves it usable, and not of the program around it. */
export const isCoreError = (error: unknown): boolean => typeof (error as { code?: unknown } | null)?.code === 'string'
