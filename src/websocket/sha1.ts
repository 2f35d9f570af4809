/** The four constants of the rounds (FIPS 180-4 §4.2.1). */
const constants = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6] as const
const blockLength = 64

/**
 * SHA-1 of an ASCII text (FIPS 180-4), for the handshake of RFC 6455, which has no secret. It is implemented here,
 * because the digest of Web Crypto is asynchronous, and the response is not.
 */
export function sha1(text: string): Uint8Array {
  const blocks = padded(text)
  const hash = new Int32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0])
  const words = new Int32Array(80)
  for (let at = 0; at < blocks.byteLength; at += blockLength) {
    for (let i = 0; i < 16; i++) words[i] = blocks.getInt32(at + 4 * i)
    for (let i = 16; i < 80; i++) {
      words[i] = rotate(words[i - 3]! ^ words[i - 8]! ^ words[i - 14]! ^ words[i - 16]!, 1)
    }
    addBlock(hash, words)
  }
  const digest = new DataView(new ArrayBuffer(20))
  hash.forEach((word, i) => digest.setInt32(4 * i, word))
  return new Uint8Array(digest.buffer)
}

function addBlock(hash: Int32Array, words: Int32Array): void {
  let [a, b, c, d, e] = hash as unknown as [number, number, number, number, number]
  for (let i = 0; i < 80; i++) {
    const round = Math.floor(i / 20)
    const mixed = round === 0 ? (b & c) | (~b & d) : round === 2 ? majority(b, c, d) : b ^ c ^ d
    const next = (rotate(a, 5) + mixed + e + constants[round]! + words[i]!) | 0
    e = d
    d = c
    c = rotate(b, 30)
    b = a
    a = next
  }
  hash[0]! += a
  hash[1]! += b
  hash[2]! += c
  hash[3]! += d
  hash[4]! += e
}

function majority(b: number, c: number, d: number): number {
  return (b & c) | (b & d) | (c & d)
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

/** The text, a 1 bit, zeros and its length in bits, in whole blocks (FIPS 180-4 §5.1.1). */
function padded(text: string): DataView {
  const length = Math.ceil((text.length + 9) / blockLength) * blockLength
  const view = new DataView(new ArrayBuffer(length))
  for (let i = 0; i < text.length; i++) view.setUint8(i, text.charCodeAt(i))
  view.setUint8(text.length, 0x80)
  view.setUint32(length - 4, text.length * 8)
  return view
}
