/** The module's HTTP service with the `Request` and `Response` of Node. */

export class Service {
  #pool;
  #number;
  /** The previous request. A thread handles one request at a time. */
  #turn = Promise.resolve();

  constructor(pool, number) {
    this.#pool = pool;
    this.#number = number;
  }

  /** Opens a service in the memory of a pool. Its first thread answers. */
  static async open(pool, options = {}) {
    return new Service(pool, await pool.ask(0, 'open_service', options));
  }

  ask(call, ...parameters) {
    const asked = this.#turn.then(() => this.#pool.ask(0, call, ...parameters));
    this.#turn = asked.catch(() => {});
    return asked;
  }

  /** Returns the module's own response. */
  raw(method, url, { headers, body } = {}) {
    // Tests write headers as a record; the module takes pairs.
    const record = headers && Object.getPrototypeOf(headers) === Object.prototype;
    const pairs = record ? Object.entries(headers) : headers;
    return this.ask('handle', this.#number, method, url, pairs, body);
  }

  /** Returns the response to a request. Its body is pulled as it is read. */
  async answer(request) {
    const { method, url } = request;
    const headers = [...request.headers];
    const sent = request.body ? new Uint8Array(await request.arrayBuffer()) : undefined;
    const made = await this.raw(method, url, { headers, body: sent });
    const body = new ReadableStream(
      {
        pull: async (controller) => {
          const chunk = await this.ask('next_chunk', made.body);
          if (chunk) controller.enqueue(chunk);
          else controller.close();
        },
        cancel: () => this.ask('close_body', made.body),
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { status: made.status, headers: made.headers });
  }

  /** Returns the response to a method and a path. */
  call(method, path, { headers, body } = {}) {
    return this.answer(new Request(`http://tab${path}`, { method, headers, body }));
  }

  close() {
    return this.ask('close_service', this.#number);
  }
}
