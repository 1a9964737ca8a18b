const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-'

/** A random id that is safe in URLs: 6 bits a character, 21 characters unless told. */
export function nanoid(size = 21): string {
  let id = ''
  for (const byte of crypto.getRandomValues(new Uint8Array(size))) id += ALPHABET[byte & 63]
  return id
}
