/** A service of the module in Node's own terms: a `Request` goes in, a `Response` comes out. */

export class Service {
  #pool;
  #number;
  /** A thread does one thing at a time, so each waits for the one before. */
  #turn = Promise.resolve();

  constructor(pool, number) {
    this.#pool = pool;
    this.#number = number;
  }

  /** Opens one in the memory of a pool; its first thread answers. */
  static async open(pool, options = {}) {
    return new Service(pool, await pool.ask(0, 'open_service', options));
  }

  ask(call, ...parameters) {
    const asked = this.#turn.then(() => this.#pool.ask(0, call, ...parameters));
    this.#turn = asked.catch(() => {});
    return asked;
  }

  /** What the module itself answers. */
  raw(method, url, { headers, body } = {}) {
    // A header's record is what a test writes; the module takes pairs.
    const record = headers && Object.getPrototypeOf(headers) === Object.prototype;
    const pairs = record ? Object.entries(headers) : headers;
    return this.ask('handle', this.#number, method, url, pairs, body);
  }

  /** The answer to a request; its body is pulled as it is read. */
  async answer(request) {
    const { method, url } = request;
    const headers = [...request.headers];
    const sent = request.body ? new Uint8Array(await request.arrayBuffer()) : undefined;
    const made = await this.raw(method, url, { headers, body: sent });
    const body = new ReadableStream(
      {
        pull: async (controller) => {
          const piece = await this.ask('next_chunk', made.body);
          if (piece) controller.enqueue(piece);
          else controller.close();
        },
        cancel: () => this.ask('close_body', made.body),
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { status: made.status, headers: made.headers });
  }

  /** The answer to a call of a method and a path. */
  call(method, path, { headers, body } = {}) {
    return this.answer(new Request(`http://tab${path}`, { method, headers, body }));
  }

  close() {
    return this.ask('close_service', this.#number);
  }
}
