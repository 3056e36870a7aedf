/**
 * The page's service worker, for the folder of the page. It does two things:
 *
 * - It adds the headers that isolate a page if the server does not send them, so that a page on any
 *   static host can share memory between its workers.
 * - It answers API requests from the ledger of an open page, unless the server is to answer them:
 *   the page registers `sw.js?answers=tab` or `sw.js?answers=server`.
 *
 * It has no state: a browser may stop and restart it at any time. A request goes to a page as one
 * end of a channel. The page confirms it and passes the end to the worker that has the ledger. The
 * request and the chunks of the response then pass between that worker and this one.
 */
const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

/** The first words of all API paths, as in the router (`src/api/`). */
const API_PATHS = ['account', 'system', 'v1', 'livez', 'readyz', 'metrics', 'openapi.json', 'reference'];

const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** A page that does not confirm a request within this time is not a page of ledgerlab. */
const CONFIRM_LIMIT_MS = 5_000;
/** The limit for the head of a response, and for each chunk of its body. */
const RESPONSE_LIMIT_MS = 30_000;
/** How often to check whether the page is still open. */
const CHECK_INTERVAL_MS = 250;
/** Statuses of responses without a body. */
const EMPTY_STATUSES = [204, 205, 304];

const answers_from_tab = new URL(worker.location.href).searchParams.get('answers') === 'tab';

worker.addEventListener('install', () => worker.skipWaiting());
worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener('message', (event) => {
  // A page that was reloaded without its service worker asks for it again.
  if (event.data?.kind === 'claim') event.waitUntil(worker.clients.claim());
  if (event.data?.kind === 'lost') {
    const client = /** @type {Client} */ (event.source);
    for (const channel of channels) if (channel.isTo(client)) channel.fail(event.data.why);
  }
});

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const path = pathOf(request.url);
  // Developer tools request cached files only, which cannot be fetched.
  if (path === null || request.cache === 'only-if-cached') return;
  if (!isApiPath(path)) event.respondWith(isolated(request));
  else if (answers_from_tab) event.respondWith(answer(event, path));
});

/**
 * Returns an address relative to the folder of the page: `/account/coins?username=aaron`.
 * @param {string} address
 * @returns {string | null} null if it is outside of the folder
 */
function pathOf(address) {
  const { scope } = worker.registration;
  const [whole] = address.split('#');
  return whole.startsWith(scope) ? whole.slice(scope.length - 1) : null;
}

/** @param {string} path */
function isApiPath(path) {
  return API_PATHS.includes(path.split(/[/?]/)[1]);
}

/** Returns the server's response with the isolating headers. @param {Request} request */
async function isolated(request) {
  const response = await fetch(request);
  const missing = Object.entries(ISOLATION).filter(([name]) => !response.headers.has(name));
  // An opaque response cannot be copied.
  if (response.status === 0 || missing.length === 0) return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of missing) headers.set(name, value);
  const { status, statusText } = response;
  const body = EMPTY_STATUSES.includes(status) ? null : response.body;
  return new Response(body, { status, statusText, headers });
}

/** @param {FetchEvent} event @param {string} path */
async function answer({ request, clientId }, path) {
  for (const page of await pages(clientId)) {
    const channel = new Channel(page);
    request.signal.addEventListener('abort', () => channel.fail('the request was cancelled'));
    try {
      const reply = await channel.next(CONFIRM_LIMIT_MS);
      if (reply.kind === 'taken') return await forward(channel, request, path);
      channel.close();
      if (reply.kind === 'failed') return unavailable('no_ledger', reply.why);
    } catch (error) {
      // The request itself was aborted.
      channel.cancel();
      return unavailable('no_request', /** @type {Error} */ (error).message);
    }
  }
  return unavailable(
    'no_page',
    `an open page answers this request, and none is open; open ${worker.registration.scope}`,
  );
}

/**
 * Returns the pages that may answer: the requesting page, or all, the last focused one first.
 * @param {string} client_id
 */
async function pages(client_id) {
  const windows = await worker.clients.matchAll({ type: 'window' });
  const open = windows.filter(({ url }) => !isApiPath(pathOf(url) ?? ''));
  const own = open.filter(({ id }) => id === client_id);
  // Another page has another ledger, so the requests of a page go to itself only.
  if (own.length > 0) return own;
  // Browsers list the last focused page first; Chromium does not always do so.
  return open.toSorted((a, b) => Number(b.focused) - Number(a.focused));
}

/**
 * Sends the request through the channel and returns the response.
 * @param {Channel} channel
 * @param {Request} request
 * @param {string} url
 */
async function forward(channel, request, url) {
  const { method } = request;
  const body = await request.arrayBuffer();
  channel.send({ kind: 'call', method, url, headers: [...request.headers], body }, [body]);
  const head = await channel.next(RESPONSE_LIMIT_MS);
  if (head.kind !== 'head') {
    channel.cancel();
    return unavailable('no_ledger', head.why);
  }
  const { status, headers } = head;
  const response_headers = new Headers(headers);
  response_headers.set('X-Content-Type-Options', 'nosniff');
  for (const [name, value] of Object.entries(ISOLATION)) response_headers.set(name, value);
  const is_empty = EMPTY_STATUSES.includes(status) || method === 'HEAD';
  if (is_empty) channel.cancel();
  const stream = is_empty ? null : streamOf(channel);
  const response = new Response(stream, { status, headers: response_headers });
  if (is_empty || request.mode !== 'navigate') return response;
  // The page that answers may be the one that navigates. It stops once the response begins, so the
  // body must be complete by then.
  try {
    return new Response(await response.blob(), { status, headers: response_headers });
  } catch (error) {
    return unavailable('no_ledger', /** @type {Error} */ (error).message);
  }
}

/** Streams the chunks of a body, each requested when it is needed. @param {Channel} channel */
function streamOf(channel) {
  return new ReadableStream(
    {
      async pull(controller) {
        channel.send({ kind: 'more' });
        const { kind, chunk, why } = await channel.next(RESPONSE_LIMIT_MS);
        if (kind === 'chunk') {
          controller.enqueue(chunk);
          return;
        }
        channel.cancel();
        if (kind === 'end') controller.close();
        else controller.error(new TypeError(why));
      },
      cancel: () => channel.cancel(),
    },
    { highWaterMark: 0 },
  );
}

/** @param {string} code @param {string} detail */
function unavailable(code, detail) {
  const problem = { type: 'about:blank', title: 'Service Unavailable', status: 503, detail, code };
  const headers = { ...ISOLATION, 'Content-Type': 'application/problem+json' };
  return new Response(JSON.stringify(problem), { status: 503, headers });
}

/**
 * A message on a channel: the page sends `taken` or `failed`, its worker `head`, `chunk` and `end`.
 * @typedef {{ kind: string, [name: string]: any }} Message
 */

/** The open channels. @type {Set<Channel>} */
const channels = new Set();

/** A channel to a page. It fails when the page is closed. */
class Channel {
  #client;
  #port;
  /** @type {Message[]} */
  #received = [];
  /** @type {((message: Message) => void) | null} */
  #waiting = null;

  /** @param {Client} client */
  constructor(client) {
    const { port1, port2 } = new MessageChannel();
    this.#client = client;
    this.#port = port1;
    this.#port.onmessage = ({ data }) => this.#receive(data);
    channels.add(this);
    client.postMessage({ kind: 'call' }, [port2]);
  }

  /** @param {Message} message */
  #receive(message) {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting) waiting(message);
    else this.#received.push(message);
  }

  /** @param {Message} message @param {Transferable[]} [transfer] */
  send(message, transfer = []) {
    this.#port.postMessage(message, transfer);
  }

  /**
   * Returns the next message; `failed` if the page is closed or loses its ledger, and `late` after the
   * time limit.
   * @param {number} limit_ms
   * @returns {Promise<Message>}
   */
  async next(limit_ms) {
    const first = this.#received.shift();
    if (first) return first;
    const end_ms = performance.now() + limit_ms;
    const check = setInterval(async () => {
      if (performance.now() > end_ms) {
        const why = `the page did not answer within ${limit_ms / 1000} s`;
        this.#receive({ kind: 'late', why });
      } else if (!(await worker.clients.get(this.#client.id))) {
        this.fail('the page that was answering was closed');
      }
    }, CHECK_INTERVAL_MS);
    /** @type {Message} */
    const message = await new Promise((resolve) => (this.#waiting = resolve));
    clearInterval(check);
    return message;
  }

  /** @param {Client} client */
  isTo(client) {
    return this.#client.id === client.id;
  }

  /** Ends the wait for a message. @param {string} why */
  fail(why) {
    this.#receive({ kind: 'failed', why });
  }

  /** Stops the response. */
  cancel() {
    this.send({ kind: 'stop' });
    this.close();
  }

  close() {
    channels.delete(this);
    this.#port.close();
  }
}
