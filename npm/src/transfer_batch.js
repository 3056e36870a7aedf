/** Transfers as bytes in the layout of TigerBeetle's `Transfer`, so that a batch is sent as one array. */
import { argumentError } from './errors.js';
import { EVENTS_MAX, U128, flagBits, guarded, id, needObject, whole } from './schema.js';

const TRANSFER_BYTES = 128;
const RESULT_BYTES = 16;

/** The fields, one after the other, and their widths in bits. */
const WIDTHS = {
  id: 128, debitAccountId: 128, creditAccountId: 128, amount: 128, pendingId: 128, userData128: 128, userData64: 64,
  userData32: 32, timeout: 32, ledger: 32, code: 16, flags: 16, timestamp: 64,
};
/**
 * The first byte of each field, its width in bits, and its schema.
 * @type {Map<string, { first: number, bits: number, schema: import('./schema.js').Schema }>}
 */
const LAYOUT = new Map();
let first = 0;
for (const [name, bits] of Object.entries(WIDTHS)) {
  const schema = name === 'flags' ? flagBits : /id$/i.test(name) ? id : whole((1n << BigInt(bits)) - 1n);
  LAYOUT.set(name, { first, bits, schema });
  first += bits / 8;
}

/** Transfers that are attempted together. A batch can be reused. */
export class TransferBatch {
  #bytes;
  #view;
  #length = 0;

  /** @param {number} [capacity] */
  constructor(capacity = EVENTS_MAX) {
    guarded(() => whole(BigInt(EVENTS_MAX), 1n)(capacity, 'capacity'));
    this.#bytes = new Uint8Array(Number(capacity) * TRANSFER_BYTES);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length() {
    return this.#length;
  }

  get capacity() {
    return this.#bytes.length / TRANSFER_BYTES;
  }

  /** @param {any} transfer */
  add(transfer) {
    if (this.#length === this.capacity) {
      const message = `The batch is full: its capacity is ${this.capacity} transfers.`;
      throw argumentError(message, 'batch_too_large', undefined, BigInt(this.capacity));
    }
    const at = this.#length * TRANSFER_BYTES;
    guarded(() => this.#write(at, transfer));
    this.#length += 1;
    return this;
  }

  /** @param {number} at @param {any} transfer */
  #write(at, transfer) {
    needObject(transfer, 'transfer');
    this.#bytes.fill(0, at, at + TRANSFER_BYTES);
    for (const name in transfer) {
      const value = transfer[name];
      if (value === undefined) continue;
      const layout = LAYOUT.get(name);
      if (layout && this.#put(at + layout.first, layout.bits, value)) continue;
      const field = `transfer.${name}`;
      if (!layout) {
        const message = `${field} is not a known field; the fields are ${Object.keys(WIDTHS).join(', ')}.`;
        throw argumentError(message, 'unknown_field', field);
      }
      // Whatever else the field can be becomes a number, or is rejected.
      const number = BigInt(layout.schema(value, field));
      this.#put(at + layout.first, layout.bits, layout.bits < 64 ? Number(number) : number);
    }
  }

  /**
   * Writes a number, the usual case first, because a batch has tens of thousands. Returns whether it is one that the field can have.
   * @param {number} at @param {number} bits @param {any} value
   */
  #put(at, bits, value) {
    const view = this.#view;
    if (typeof value === 'bigint') {
      const low = BigInt.asUintN(64, value);
      if (bits < 64 || (low !== value && (bits < 128 || value < 0n || value > U128))) return false;
      view.setBigUint64(at, low, true);
      if (low !== value) view.setBigUint64(at + 8, value >> 64n, true);
      return true;
    }
    if (!Number.isSafeInteger(value) || value < 0) return false;
    if (bits < 32) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    if (bits < 64) return value === (bits < 32 ? value & 0xffff : value >>> 0);
    view.setUint32(at + 4, value / 2 ** 32, true);
    return true;
  }

  clear() {
    this.#length = 0;
    return this;
  }

  /** The bytes of the transfers that were added. They change with the batch. */
  get bytes() {
    return this.#bytes.subarray(0, this.#length * TRANSFER_BYTES);
  }
}

/** The results of a batch, in order. */
export class TransferResults {
  #view;
  #statuses;

  /** @param {Uint8Array} bytes @param {string[]} statuses */
  constructor(bytes, statuses) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#statuses = statuses;
  }

  get length() {
    return this.bytes.length / RESULT_BYTES;
  }

  /** @param {number} position */
  status(position) {
    return this.#statuses[this.#view.getUint32(this.#at(position) + 8, true)];
  }

  /** @param {number} position */
  timestamp(position) {
    return this.#view.getBigUint64(this.#at(position), true);
  }

  /** @param {number} position */
  #at(position) {
    if (!(Number.isInteger(position) && position >= 0 && position < this.length)) {
      guarded(() => whole(BigInt(this.length) - 1n)(position, 'position'));
    }
    return Number(position) * RESULT_BYTES;
  }

  /** The number of transfers that were created. */
  get created() {
    let created = 0;
    for (let at = 8; at < this.bytes.length; at += RESULT_BYTES) {
      if (this.#view.getUint32(at, true) === 0) created += 1;
    }
    return created;
  }

  *[Symbol.iterator]() {
    for (let position = 0; position < this.length; position += 1) {
      yield { status: this.status(position), timestamp: this.timestamp(position) };
    }
  }
}

const typedArray = Object.getPrototypeOf(Uint8Array.prototype);
/** @param {string | symbol} name */
const getter = (name) => /** @type {any} */ (Object.getOwnPropertyDescriptor(typedArray, name)?.get);
const [bufferOf, offsetOf, lengthOf, typeOf] = ['buffer', 'byteOffset', 'length', Symbol.toStringTag].map(getter);

/** Returns whether a value is a Uint8Array, also one of another realm, as jsdom's are. @param {any} value */
const isBytes = (value) => typeOf.call(value) === 'Uint8Array';

/** Returns the bytes as a plain array, even of a subclass. Throws if they are detached. @param {Uint8Array} bytes */
const viewOf = (bytes) => new Uint8Array(bufferOf.call(bytes), offsetOf.call(bytes), lengthOf.call(bytes));

/**
 * Returns the bytes of a batch after checking them.
 * @param {unknown} batch a `TransferBatch`, or bytes in its layout
 */
export function bytesOf(batch) {
  return guarded(() => {
    // Without `instanceof TransferBatch`: a page may load the package twice.
    const given = isBytes(batch) ? batch : /** @type {any} */ (batch)?.bytes;
    const bytes = isBytes(given) && viewOf(given);
    if (!bytes || bytes.length % TRANSFER_BYTES !== 0) {
      const message = `batch must be a TransferBatch, or a Uint8Array of ${TRANSFER_BYTES} bytes for each transfer.`;
      throw argumentError(message, 'bad_argument', 'batch', BigInt(TRANSFER_BYTES));
    }
    if (bytes.length > EVENTS_MAX * TRANSFER_BYTES) {
      const message = `batch must have at most ${EVENTS_MAX} transfers, not ${bytes.length / TRANSFER_BYTES}.`;
      throw argumentError(message, 'batch_too_large', 'batch', BigInt(EVENTS_MAX));
    }
    return bytes;
  });
}
