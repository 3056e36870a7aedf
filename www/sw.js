/**
 * The page's service worker, one for its folder and what lies under it. It does two things:
 *
 * - It adds the headers that isolate a page to what the server sends without them, so that a page
 *   on any static host can share memory between its workers.
 * - It answers the ledger's own paths from the ledger of an open page, unless the server is to
 *   answer them: `sw.js?answers=tab` or `sw.js?answers=server`, as the page has registered it.
 *
 * It keeps nothing: a browser may end it at any moment and start it again. A call goes to a page as
 * one end of a channel. The page says that it takes it, and hands the end on to a worker that has
 * the ledger; request and answer pass between that worker and here, a piece at a time.
 */
const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

/** The first words of the paths that a ledger answers: all that the router has (`src/api/`). */
const LEDGER = ['account', 'system', 'v1', 'metrics', 'openapi.json', 'reference'];

const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** A page that does not say within this that it takes a call is none of the laboratory's. */
const TAKEN_LIMIT_MS = 5_000;
/** An answer, and each piece of it, comes within this. */
const ANSWER_LIMIT_MS = 30_000;
/** How often it is looked whether the page is still there. */
const LOOK_INTERVAL_MS = 250;
/** These answers have no body. */
const BODILESS = [204, 205, 304];

const fromTab = new URL(worker.location.href).searchParams.get('answers') === 'tab';

worker.addEventListener('install', () => worker.skipWaiting());
worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener('message', (event) => {
  // A page that was reloaded past its service worker asks to be its again.
  if (event.data?.kind === 'claim') event.waitUntil(worker.clients.claim());
  if (event.data?.kind === 'lost') {
    const client = /** @type {Client} */ (event.source);
    for (const line of lines) if (line.goesTo(client)) line.fail(event.data.why);
  }
});

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const path = pathOf(request.url);
  // What may only come from a cache is asked for by developers' tools, and cannot be fetched.
  if (path === null || request.cache === 'only-if-cached') return;
  if (!isCall(path)) event.respondWith(isolated(request));
  else if (fromTab) event.respondWith(answer(event, path));
});

/**
 * An address as seen from the folder that the page lies in: `/account/coins?username=aaron`.
 * @param {string} address
 * @returns {string | null} nothing, where it lies elsewhere
 */
function pathOf(address) {
  const { scope } = worker.registration;
  const [whole] = address.split('#');
  return whole.startsWith(scope) ? whole.slice(scope.length - 1) : null;
}

/** @param {string} path */
function isCall(path) {
  return LEDGER.includes(path.split(/[/?]/)[1]);
}

/** What the server sends, with the headers that isolate. @param {Request} request */
async function isolated(request) {
  const response = await fetch(request);
  const missing = Object.entries(ISOLATION).filter(([name]) => !response.headers.has(name));
  // What is opaque cannot be read, so it cannot be copied either.
  if (response.status === 0 || missing.length === 0) return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of missing) headers.set(name, value);
  const { status, statusText } = response;
  const body = BODILESS.includes(status) ? null : response.body;
  return new Response(body, { status, statusText, headers });
}

/**
 * @param {FetchEvent} event
 * @param {string} path
 */
async function answer({ request, clientId }, path) {
  for (const page of await pages(clientId)) {
    const line = new Line(page);
    request.signal.addEventListener('abort', () => line.fail('the request was taken back'));
    try {
      const taken = await line.next(TAKEN_LIMIT_MS);
      if (taken.kind === 'taken') return await talk(line, request, path);
      line.end();
      if (taken.kind === 'failed') return unavailable('no_ledger', taken.why);
    } catch (error) {
      // The request itself has broken off; nobody waits for this any more.
      line.giveUp();
      return unavailable('no_request', /** @type {Error} */ (error).message);
    }
  }
  return unavailable(
    'no_page',
    `this is answered by an open page, and none is open; open ${worker.registration.scope}`,
  );
}

/**
 * The pages that may answer: the one that asks, or all, the one first that was looked at last.
 * @param {string} asking
 */
async function pages(asking) {
  const windows = await worker.clients.matchAll({ type: 'window' });
  const open = windows.filter(({ url }) => !isCall(pathOf(url) ?? ''));
  const own = open.filter(({ id }) => id === asking);
  // Another page has another ledger, so a page's own calls go to no other.
  if (own.length > 0) return own;
  // A browser lists last looked at first; Chromium does not always say so of one that is looked at.
  return open.toSorted((one, other) => Number(other.focused) - Number(one.focused));
}

/**
 * Sends the request to whoever took the line, and makes a response of what comes back.
 * @param {Line} line
 * @param {Request} request
 * @param {string} url
 */
async function talk(line, request, url) {
  const { method } = request;
  const body = await request.arrayBuffer();
  line.say({ kind: 'call', method, url, headers: [...request.headers], body }, [body]);
  const head = await line.next(ANSWER_LIMIT_MS);
  if (head.kind !== 'head') {
    line.giveUp();
    return unavailable('no_ledger', head.why);
  }
  const { status, headers } = head;
  const made = new Headers(headers);
  made.set('X-Content-Type-Options', 'nosniff');
  for (const [name, value] of Object.entries(ISOLATION)) made.set(name, value);
  const empty = BODILESS.includes(status) || method === 'HEAD';
  if (empty) line.giveUp();
  return new Response(empty ? null : streamOf(line), { status, headers: made });
}

/** The pieces of a body, each asked for when it is wanted. @param {Line} line */
function streamOf(line) {
  return new ReadableStream(
    {
      async pull(controller) {
        line.say({ kind: 'more' });
        const { kind, piece, why } = await line.next(ANSWER_LIMIT_MS);
        if (kind === 'piece') {
          controller.enqueue(piece);
          return;
        }
        line.giveUp();
        if (kind === 'end') controller.close();
        else controller.error(new TypeError(why));
      },
      cancel: () => line.giveUp(),
    },
    { highWaterMark: 0 },
  );
}

/**
 * @param {string} code
 * @param {string} detail
 */
function unavailable(code, detail) {
  const problem = { type: 'about:blank', title: 'Service Unavailable', status: 503, detail, code };
  const headers = { ...ISOLATION, 'Content-Type': 'application/problem+json' };
  return new Response(JSON.stringify(problem), { status: 503, headers });
}

/**
 * What is said on a line: `taken` or `failed` by the page, `head`, `piece` and `end` by its worker.
 * @typedef {{ kind: string, [name: string]: any }} Said
 */

/** The lines that somebody waits at. @type {Set<Line>} */
const lines = new Set();

/** A channel to a page, of which it is noticed when the page goes. */
class Line {
  #client;
  #port;
  /** @type {Said[]} */
  #heard = [];
  /** @type {((said: Said) => void) | null} */
  #waiting = null;

  /** @param {Client} client */
  constructor(client) {
    const { port1, port2 } = new MessageChannel();
    this.#client = client;
    this.#port = port1;
    this.#port.onmessage = ({ data }) => this.#hear(data);
    lines.add(this);
    client.postMessage({ kind: 'call' }, [port2]);
  }

  /** @param {Said} said */
  #hear(said) {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting) waiting(said);
    else this.#heard.push(said);
  }

  /**
   * @param {Said} said
   * @param {Transferable[]} [transfer]
   */
  say(said, transfer = []) {
    this.#port.postMessage(said, transfer);
  }

  /**
   * What is said next; `failed`, when the page is closed or loses its ledger meanwhile, and `late`
   * when the time is over.
   * @param {number} limit_ms
   * @returns {Promise<Said>}
   */
  async next(limit_ms) {
    const first = this.#heard.shift();
    if (first) return first;
    const until_ms = performance.now() + limit_ms;
    const look = setInterval(async () => {
      if (performance.now() > until_ms) {
        const why = `the page did not answer within ${limit_ms / 1000} s`;
        this.#hear({ kind: 'late', why });
      } else if (!(await worker.clients.get(this.#client.id))) {
        this.fail('the page that was to answer was closed');
      }
    }, LOOK_INTERVAL_MS);
    /** @type {Said} */
    const said = await new Promise((resolve) => (this.#waiting = resolve));
    clearInterval(look);
    return said;
  }

  /** @param {Client} client */
  goesTo(client) {
    return this.#client.id === client.id;
  }

  /** Nobody needs to wait any longer: there will be no answer. @param {string} why */
  fail(why) {
    this.#hear({ kind: 'failed', why });
  }

  /** Nothing more is wanted of whoever answers. */
  giveUp() {
    this.say({ kind: 'stop' });
    this.end();
  }

  end() {
    lines.delete(this);
    this.#port.close();
  }
}
