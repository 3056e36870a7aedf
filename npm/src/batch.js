/** Transfers as bytes, so that a batch of them crosses to the ledger once: the layout of TigerBeetle's `Transfer`. */
import { LedgerArgumentError } from './errors.js';
import { EVENTS_MAX, U64, flagBits, guarded, whole } from './shapes.js';

const TRANSFER_BYTES = 128;
const OUTCOME_BYTES = 16;

/** Where each field begins, and how many bits it has. @type {Record<string, [number, number]>} */
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
const SHAPES = Object.fromEntries(
  Object.entries(LAYOUT).map(([name, [, bits]]) => [name, whole((1n << BigInt(bits)) - 1n)]),
);

/** Transfers that are attempted together, to be filled once and used again and again. */
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
      const message = `The batch is full: it takes ${this.capacity} transfers.`;
      const limit = BigInt(this.capacity);
      throw new LedgerArgumentError(message, { code: 'batch_too_large', limit });
    }
    const at = this.#length * TRANSFER_BYTES;
    guarded(() => this.#write(at, transfer));
    this.#length += 1;
    return this;
  }

  /** @param {number} at @param {any} transfer */
  #write(at, transfer) {
    if (typeof transfer !== 'object' || transfer === null) {
      throw new LedgerArgumentError('transfer must be an object.', { code: 'bad_argument', field: 'transfer' });
    }
    this.#bytes.fill(0, at, at + TRANSFER_BYTES);
    for (const name in transfer) {
      let value = transfer[name];
      if (value === undefined) continue;
      const field = `transfer.${name}`;
      if (!Object.hasOwn(LAYOUT, name)) {
        const message = `${field} is no field here; the fields are ${Object.keys(LAYOUT).join(', ')}.`;
        throw new LedgerArgumentError(message, { code: 'unknown_field', field });
      }
      if (name === 'flags') value = flagBits(value, field);
      const [place, bits] = LAYOUT[name];
      // The shape says what is wrong; what is right is not made a text of.
      const small = typeof value === 'bigint' ? value >= 0n && value <= 0xffn : value >= 0 && value <= 0xff && Number.isInteger(value);
      if (!small) SHAPES[name](value, field);
      this.#put(at + place, bits, value);
    }
  }

  /** @param {number} at @param {number} bits @param {number | bigint} value */
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

  /** The bytes of what was added; they change with the batch. */
  get bytes() {
    return this.#bytes.subarray(0, this.#length * TRANSFER_BYTES);
  }
}

/** What became of the transfers of a batch, in order. */
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
    return this.bytes.length / OUTCOME_BYTES;
  }

  /** @param {number} place */
  status(place) {
    return this.#statuses[this.#view.getUint32(this.#at(place) + 8, true)];
  }

  /** @param {number} place */
  timestamp(place) {
    return this.#view.getBigUint64(this.#at(place), true);
  }

  /** @param {number} place */
  #at(place) {
    guarded(() => whole(BigInt(this.length) - 1n)(place, 'place'));
    return Number(place) * OUTCOME_BYTES;
  }

  /** How many were created. */
  get created() {
    let created = 0;
    for (let at = 8; at < this.bytes.length; at += OUTCOME_BYTES) {
      if (this.#view.getUint32(at, true) === 0) created += 1;
    }
    return created;
  }

  *[Symbol.iterator]() {
    for (let place = 0; place < this.length; place += 1) {
      yield { status: this.status(place), timestamp: this.timestamp(place) };
    }
  }
}

const typedArray = Object.getPrototypeOf(Uint8Array.prototype);
/** @param {string} name */
const getter = (name) => /** @type {any} */ (Object.getOwnPropertyDescriptor(typedArray, name)?.get);
const [bufferOf, offsetOf, lengthOf] = ['buffer', 'byteOffset', 'length'].map(getter);

/** The same bytes, whatever their class says of itself; throws where they are detached. @param {Uint8Array} bytes */
const viewOf = (bytes) => new Uint8Array(bufferOf.call(bytes), offsetOf.call(bytes), lengthOf.call(bytes));

/**
 * The bytes of a batch, known to be sound.
 * @param {unknown} batch a `TransferBatch`, or bytes in its layout
 */
export function bytesOf(batch) {
  return guarded(() => {
    // By what it has: a page may hold the package twice.
    const given = batch instanceof Uint8Array ? batch : /** @type {any} */ (batch)?.bytes;
    const bytes = given instanceof Uint8Array && viewOf(given);
    if (!bytes || bytes.length % TRANSFER_BYTES !== 0) {
      const message = `batch must be a TransferBatch, or a Uint8Array of ${TRANSFER_BYTES} bytes for each transfer.`;
      throw new LedgerArgumentError(message, { code: 'bad_argument', field: 'batch', limit: BigInt(TRANSFER_BYTES) });
    }
    if (bytes.length > EVENTS_MAX * TRANSFER_BYTES) {
      const message = `batch must have at most ${EVENTS_MAX} transfers, not ${bytes.length / TRANSFER_BYTES}.`;
      throw new LedgerArgumentError(message, { code: 'batch_too_large', field: 'batch', limit: BigInt(EVENTS_MAX) });
    }
    return bytes;
  });
}
