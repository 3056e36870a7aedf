/** Transfers as bytes in the layout of TigerBeetle's `Transfer`, so that a batch is sent as one array. */
import { argumentError } from './errors.js';
import { EVENTS_MAX, U64, flagBits, guarded, id, whole } from './schema.js';

const TRANSFER_BYTES = 128;
const RESULT_BYTES = 16;

/** The first byte of each field, and its width in bits. @type {Record<string, [number, number]>} */
const LAYOUT = {
  id: [0, 128],
  debitAccountId: [16, 128],
  creditAccountId: [32, 128],
  amount: [48, 128],
  pendingId: [64, 128],
  userData128: [80, 128],
  userData64: [96, 64],
  userData32: [104, 32],
  timeout: [108, 32],
  ledger: [112, 32],
  code: [116, 16],
  flags: [118, 16],
  timestamp: [120, 64],
};
const SCHEMAS = Object.fromEntries(
  Object.entries(LAYOUT).map(([name, [, bits]]) => {
    return [name, /id$/i.test(name) ? id : whole((1n << BigInt(bits)) - 1n)];
  }),
);

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
    if (typeof transfer !== 'object' || transfer === null) {
      throw argumentError('transfer must be an object.', 'bad_argument', 'transfer');
    }
    this.#bytes.fill(0, at, at + TRANSFER_BYTES);
    for (const name in transfer) {
      let value = transfer[name];
      if (value === undefined) continue;
      const field = `transfer.${name}`;
      if (!Object.hasOwn(LAYOUT, name)) {
        const message = `${field} is not a known field; the fields are ${Object.keys(LAYOUT).join(', ')}.`;
        throw argumentError(message, 'unknown_field', field);
      }
      if (name === 'flags') value = flagBits(value, field);
      const [first, bits] = LAYOUT[name];
      // A fast path: small numbers need no check by the schema.
      const small = typeof value === 'bigint' ? value >= 0n && value <= 0xffn : value >= 0 && value <= 0xff && Number.isInteger(value);
      this.#put(at + first, bits, small ? value : SCHEMAS[name](value, field));
    }
  }

  /** @param {number} at @param {number} bits @param {number | bigint | string} value */
  #put(at, bits, value) {
    if (bits === 16) this.#view.setUint16(at, Number(value), true);
    else if (bits === 32) this.#view.setUint32(at, Number(value), true);
    else {
      const exact = BigInt(value);
      this.#view.setBigUint64(at, exact & U64, true);
      if (bits === 128 && exact > U64) this.#view.setBigUint64(at + 8, exact >> 64n, true);
    }
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
    guarded(() => whole(BigInt(this.length) - 1n)(position, 'position'));
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
